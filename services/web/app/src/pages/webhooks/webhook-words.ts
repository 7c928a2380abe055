/** What a webhook and its deliveries are up to, in words. Pure. */
import type { Attempt, Delivery, Webhook } from "../../api/webhooks";
import { secondsUntil, span } from "../../chat/spans";
import { ago } from "../../ui/figures";

/** What can be told, and when it is. */
export const EVENTS: Array<[event: string, words: string]> = [
  ["live", "You go live"],
  ["ended", "Your broadcast ends"],
  ["followed", "Somebody follows you"],
  ["updated", "You change title, category or tags"],
];

export type Mood = "good" | "warn" | "bad" | "quiet";

/** Whether it works, and what there is to do. */
export function webhookState(hook: Webhook, now: number): { words: string; mood: Mood } {
  if (!hook.enabled) {
    const when = hook.off_at ? ` ${ago(hook.off_at, now)}` : "";
    if (hook.off_because === "gone")
      return {
        words: `Switched off${when}: the receiver said that it wants nothing any more.`,
        mood: "bad",
      };
    if (hook.off_because === "failing")
      return {
        words: `Switched off${when}: nothing had arrived for days. Look at the log, and switch it on when the receiver is back.`,
        mood: "bad",
      };
    return { words: "Off", mood: "quiet" };
  }
  const waits = hook.waiting > 0 ? ` ${hook.waiting} ${hook.waiting === 1 ? "waits" : "wait"}.` : "";
  const lost = hook.dropped > 0 ? ` ${hook.dropped} were dropped, because too many waited.` : "";
  if (hook.failing_since) {
    const since = ago(hook.failing_since, now);
    const failed =
      since === "just now" ? "The last message did not arrive." : `Nothing has arrived since ${since}.`;
    return { words: `${failed}${waits}${lost}`, mood: "warn" };
  }
  return { words: `On.${waits}${lost}`, mood: lost ? "warn" : "good" };
}

/** How one attempt went. */
export function attemptWords(attempt: Attempt): string {
  if (attempt.duration_ms === null) return "No end is known: it is under way, or the server stopped.";
  const took = attempt.duration_ms < 1_000 ? `${attempt.duration_ms} ms` : span(attempt.duration_ms / 1_000);
  if (attempt.status === null) return `${asStart(attempt.error ?? "no answer")} (after ${took})`;
  return `${attempt.status} after ${took}${attempt.error ? `: ${attempt.error}` : ""}`;
}

/** Where a delivery is. */
export function deliveryState(delivery: Delivery, now: number): { words: string; mood: Mood } {
  const last = delivery.attempts[0];
  switch (delivery.state) {
    case "delivered":
      return { words: "Arrived", mood: "good" };
    case "failed":
      return { words: "Failed", mood: "bad" };
    case "cancelled":
      return { words: "Not sent", mood: "quiet" };
    case "waiting": {
      if (last && last.duration_ms === null) return { words: "Being sent", mood: "quiet" };
      const wait = delivery.next_at ? secondsUntil(Date.parse(delivery.next_at), now) : 0;
      if (!last) return { words: "Waits to be sent", mood: "quiet" };
      return { words: wait > 0 ? `Again in ${span(wait)}` : "Again in a moment", mood: "warn" };
    }
  }
}

function asStart(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The JSON with its lines; what is none as it is. */
export function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
