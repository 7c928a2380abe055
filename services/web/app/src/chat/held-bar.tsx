/** Beside the chat, for moderators: messages that wait for them, each with its reason, to let through or to keep out. */
import type { MessageDescriptor } from "@lingui/core";
import { msg, plural, t } from "@lingui/core/macro";
import { Check, ShieldAlert, X } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { approve, deny } from "../api/chat";
import { sentence } from "../api/problem";
import { say } from "../language/say";
import { IconButton } from "../ui/button";
import type { HeldFrame, HoldReason } from "./frames";
import { nameOf } from "./text";

export const HOLD_WORDS: Record<HoldReason, MessageDescriptor> = {
  terms: msg`a blocked term`,
  new_user_links: msg`a link of a new person`,
  flood: msg`many messages at once`,
  caps: msg`many capitals`,
  repeats: msg`repeats`,
  links: msg`a link`,
  image: msg`an image of a new person`,
};

/** More are a case for the moderation page. */
const SHOWN = 3;

export function HeldBar({
  holds,
  room,
  username,
  tell,
}: {
  holds: readonly HeldFrame[];
  room: string;
  username: string;
  tell: (sentence: string) => void;
}) {
  const [busy, setBusy] = useState<ReadonlySet<string>>(new Set());
  if (holds.length === 0) return null;
  const decide = async (hold: string, deed: typeof approve) => {
    setBusy((now) => new Set(now).add(hold));
    try {
      await deed(room, hold);
    } catch (error) {
      tell(sentence(error));
    } finally {
      setBusy((now) => new Set([...now].filter((id) => id !== hold)));
    }
  };
  return (
    <section
      aria-label={t`Held messages`}
      data-testid="chat-holds"
      className="max-h-[40%] shrink-0 overflow-y-auto border-t bg-raised px-4 py-2"
    >
      <p role="status" className="flex items-center gap-1.5 pb-1 text-xs text-quiet">
        <ShieldAlert aria-hidden className="size-3.5 text-warn" />
        <span className="figures flex-1">
          {plural(holds.length, { one: "# message waits for you", other: "# messages wait for you" })}
        </span>
        {holds.length > SHOWN && (
          <Link to={`/moderation/${username}`} className="font-medium text-action hover:underline">
            {t`See all`}
          </Link>
        )}
      </p>
      <ul className="flex flex-col gap-1">
        {holds.slice(0, SHOWN).map((hold) => (
          <li key={hold.hold_id} data-testid="chat-hold" className="flex items-start gap-1 text-sm">
            <span className="min-w-0 flex-1 wrap-anywhere">
              <bdi className="font-semibold">{hold.user ? nameOf(hold.user) : t`Somebody`}</bdi>
              <span className="text-quiet">: </span>
              <bdi>{hold.text}</bdi>
              {hold.image?.url.startsWith("/api/") && (
                <img
                  src={hold.image.url}
                  alt={hold.user ? t`Shared by ${nameOf(hold.user)}` : t`Shared by somebody`}
                  className="mt-1 block max-h-32 max-w-full rounded-sm border object-contain"
                />
              )}
              {hold.reason && (
                <span className="block text-xs text-quiet">
                  {t`Held for ${say(HOLD_WORDS[hold.reason]) ?? hold.reason}`}
                  {hold.matched ? ` (${hold.matched})` : ""}
                </span>
              )}
            </span>
            <IconButton
              label={t`Let it through: ${hold.text}`}
              title={t`Let it through`}
              data-testid="hold-approve"
              className="size-8 text-good"
              busy={busy.has(hold.hold_id)}
              onClick={() => void decide(hold.hold_id, approve)}
            >
              <Check aria-hidden className="size-4" />
            </IconButton>
            <IconButton
              label={t`Keep it out: ${hold.text}`}
              title={t`Keep it out`}
              data-testid="hold-deny"
              className="size-8 text-bad"
              busy={busy.has(hold.hold_id)}
              onClick={() => void decide(hold.hold_id, deny)}
            >
              <X aria-hidden className="size-4" />
            </IconButton>
          </li>
        ))}
      </ul>
    </section>
  );
}
