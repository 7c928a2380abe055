/** A poll's result in a sentence, and the share of each answer. Pure. */
import { t } from "@lingui/core/macro";
import { percent } from "../ui/figures";
import type { Poll } from "./frames";

/** Whole percents of all votes, 0 to 100. */
export function share(poll: Poll, option: number): number {
  const all = poll.votes.reduce((sum, n) => sum + n, 0);
  return all === 0 ? 0 : Math.round(((poll.votes[option] ?? 0) / all) * 100);
}

/** Indices of the answers with the most votes; none without votes. */
export function leading(poll: Poll): number[] {
  const most = Math.max(0, ...poll.votes);
  return most === 0 ? [] : poll.votes.flatMap((n, at) => (n === most ? [at] : []));
}

export function pollResult(poll: Poll): string {
  if (poll.state === "open") return t`Poll: ${poll.question}`;
  if (poll.state === "cancelled") return t`The poll was called off: ${poll.question}`;
  const first = leading(poll);
  const names = first.map((at) => poll.options[at]?.text ?? "").join(", ");
  const { question } = poll;
  if (first.length === 0) return t`Poll ended without a vote: ${question}`;
  if (first.length > 1) return t`Poll ended in a draw of ${names}: ${question}`;
  const part = percent(share(poll, first[0] ?? 0) / 100);
  return t`Poll ended: ${names} with ${part}. ${question}`;
}
