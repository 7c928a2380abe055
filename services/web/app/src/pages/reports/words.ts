/** Reports in words: what is wrong, and what became of it. Pure. */

import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import type { Report } from "../../api/chat";
import { say } from "../../language/say";

const CATEGORIES: Record<string, MessageDescriptor> = {
  harassment: msg`Harassment`,
  hate: msg`Hate`,
  spam: msg`Spam`,
  sexual: msg`Sexual content`,
  violence: msg`Violence`,
  self_harm: msg`Self-harm`,
  impersonation: msg`Impersonation`,
  copyright: msg`Copyright`,
  other: msg`Something else`,
};

export const categoryWords = (category: string): string => say(CATEGORIES[category]) ?? category;

type State = Pick<Report, "state" | "queue">;

/** What became of it, for who made it. */
export function becameWords({ state, queue }: State): string {
  if (state === "acted") return t`Something was done about it.`;
  if (state === "dismissed") return t`It was looked at, and nothing was found wrong.`;
  return queue === "platform"
    ? t`The platform's staff will look at it.`
    : t`The channel's moderators will look at it.`;
}

/** Its state in a word or two. */
export function stateWords({ state }: State): string {
  if (state === "acted") return t`Acted on`;
  return state === "dismissed" ? t`Nothing wrong` : t({ message: "Open", context: "a report" });
}

/** Whether somebody of the platform can do something against whom it is about: against a channel's owner in their own room nobody can. */
export function canPutOut(report: Pick<Report, "about" | "channel" | "user">): boolean {
  return report.about !== "channel" && report.user != null && report.user.username !== report.channel;
}
