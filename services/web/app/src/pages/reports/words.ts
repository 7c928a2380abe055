/** Reports in words: what is wrong, and what became of it. Pure. */
import type { Report } from "../../api/chat";

const CATEGORIES: Record<string, string> = {
  harassment: "Harassment",
  hate: "Hate",
  spam: "Spam",
  sexual: "Sexual content",
  violence: "Violence",
  self_harm: "Self-harm",
  impersonation: "Impersonation",
  copyright: "Copyright",
  other: "Something else",
};

export const categoryWords = (category: string): string => CATEGORIES[category] ?? category;

type State = Pick<Report, "state" | "queue">;

/** What became of it, for who made it. */
export function becameWords({ state, queue }: State): string {
  if (state === "acted") return "Something was done about it.";
  if (state === "dismissed") return "It was looked at, and nothing was found wrong.";
  return queue === "platform"
    ? "The platform's staff will look at it."
    : "The channel's moderators will look at it.";
}

/** Its state in a word or two. */
export function stateWords({ state }: State): string {
  if (state === "acted") return "Acted on";
  return state === "dismissed" ? "Nothing wrong" : "Open";
}

/** Whether somebody of the platform can do something against whom it is about: against a channel's owner in their own room nobody can. */
export function canPutOut(report: Pick<Report, "about" | "channel" | "user">): boolean {
  return report.about !== "channel" && report.user != null && report.user.username !== report.channel;
}
