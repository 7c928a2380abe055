/**
 * What is said beside a rung that viewers can choose. It stands out only while the coach says the same in a sentence, and as much as that does:
 * the two judge alike. Pure.
 */
import { t } from "@lingui/core/macro";
import type { Rendition } from "../../api/contract";
import { oneDigit } from "../../ui/figures";
import type { Advice } from "./coach";

/** From here on, and not before, it is worth a word that a rung is behind; much later it does not keep up, which is the coach's to say. */
const BEHIND_MS = 1_500;

export interface RungWords {
  text: string;
  /** As the coach's sentence; quiet where it has none. */
  tone: "quiet" | "plain" | "warn";
}

/** Null: there is nothing to say. `advice`: what the coach says now. */
export function rungWords({ shed, lag_ms = 0 }: Rendition, advice: Advice[]): RungWords | null {
  if (shed) return { text: t`not made: the server is busy`, tone: toneOf("shed", advice) };
  if (lag_ms <= BEHIND_MS) return null;
  const late = oneDigit(lag_ms / 1_000);
  return { text: t`${late} s behind`, tone: toneOf("behind", advice) };
}

function toneOf(code: string, advice: Advice[]): RungWords["tone"] {
  const said = advice.find((one) => one.code === code);
  if (!said) return "quiet";
  return said.grave ? "warn" : "plain";
}
