/** What a webhook and its deliveries are up to, in words. Pure. */
import type { MessageDescriptor } from "@lingui/core";
import { msg, plural, t } from "@lingui/core/macro";
import { asSentence, translated } from "../../api/problem";
import type { Attempt, Delivery, Webhook } from "../../api/webhooks";
import { secondsUntil, span } from "../../chat/spans";
import { say } from "../../language/say";
import { ago } from "../../ui/figures";

/** What can be told, and when it is. */
export const EVENTS: Array<[event: string, words: MessageDescriptor]> = [
  ["live", msg`You go live`],
  ["ended", msg`Your broadcast ends`],
  ["followed", msg`Somebody follows you`],
  ["updated", msg`You change title, category or tags`],
];

const TEST = msg`A test`;

/** What a message tells; of an event that this page does not know its name. */
export function eventWords(type: string): string {
  if (type === "test") return say(TEST);
  const words = EVENTS.find(([event]) => event === type)?.[1];
  return words ? say(words) : type;
}

export type Mood = "good" | "warn" | "bad" | "quiet";

/** Whether it works, and what there is to do. */
export function webhookState(hook: Webhook, now: number): { words: string; mood: Mood } {
  if (!hook.enabled) {
    const why = offWords(hook.off_because);
    if (!why) return { words: t`Off`, mood: "quiet" };
    const when = hook.off_at && ago(hook.off_at, now);
    return { words: when ? t`Switched off ${when}: ${why}` : t`Switched off: ${why}`, mood: "bad" };
  }
  const waits = hook.waiting > 0 && plural(hook.waiting, { one: "# waits.", other: "# wait." });
  const lost =
    hook.dropped > 0 &&
    plural(hook.dropped, {
      one: "# was dropped, because too many waited.",
      other: "# were dropped, because too many waited.",
    });
  const said = (head: string) => [head, waits, lost].filter(Boolean).join(" ");
  if (hook.failing_since) {
    const since = ago(hook.failing_since, now);
    const fresh = now - Date.parse(hook.failing_since) < 45_000;
    const failed = fresh ? t`The last message did not arrive.` : t`Nothing has arrived since ${since}.`;
    return { words: said(failed), mood: "warn" };
  }
  return { words: said(t`On.`), mood: lost ? "warn" : "good" };
}

function offWords(because: Webhook["off_because"]): string | null {
  if (because === "gone") return t`the receiver said that it wants nothing any more.`;
  if (because === "failing")
    return t`nothing had arrived for days. Look at the log, and switch it on when the receiver is back.`;
  return null;
}

/** How one attempt went. */
export function attemptWords(attempt: Attempt): string {
  if (attempt.duration_ms === null) return t`No end is known: it is under way, or the server stopped.`;
  const took = attempt.duration_ms < 1_000 ? `${attempt.duration_ms} ms` : span(attempt.duration_ms / 1_000);
  const { status } = attempt;
  const why = whyNot(attempt);
  if (status === null) return why ? t`After ${took}: ${why}` : t`No answer (after ${took})`;
  return why ? t`${status} after ${took}: ${why}` : t`${status} after ${took}`;
}

/** What was wrong, and what to do. */
function whyNot({ error, error_code }: Attempt): string | null {
  return error && ((error_code && translated(`url.${error_code}`)) || asSentence(error));
}

/** Where a delivery is. */
export function deliveryState(delivery: Delivery, now: number): { words: string; mood: Mood } {
  const last = delivery.attempts[0];
  switch (delivery.state) {
    case "delivered":
      return { words: t`Arrived`, mood: "good" };
    case "failed":
      return { words: t`Failed`, mood: "bad" };
    case "cancelled":
      return { words: t`Not sent`, mood: "quiet" };
    case "waiting": {
      if (last && last.duration_ms === null) return { words: t`Being sent`, mood: "quiet" };
      const wait = delivery.next_at ? secondsUntil(Date.parse(delivery.next_at), now) : 0;
      if (!last) return { words: t`Waits to be sent`, mood: "quiet" };
      return { words: wait > 0 ? t`Again in ${span(wait)}` : t`Again in a moment`, mood: "warn" };
    }
  }
}

/** The JSON with its lines; what is none as it is. */
export function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
