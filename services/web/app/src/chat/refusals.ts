/** What to tell a writer whose message or command was not taken. Pure; the writer's text is kept by the caller. */
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { say } from "../language/say";
import { exampleOf } from "./commands";
import { span } from "./spans";

const SENTENCES: Record<string, MessageDescriptor> = {
  too_long: msg`That message is too long.`,
  message_too_long: msg`That message is too long.`,
  empty: msg`There is nothing to send.`,
  duplicate: msg`You said that a moment ago. Say something new here.`,
  banned: msg`You are banned from this chat.`,
  timed_out: msg`You cannot write here for a while.`,
  slow_mode: msg`Slow mode is on. Wait a moment.`,
  followers_only: msg`Only followers can write here right now.`,
  verified_only: msg`Only people with a confirmed e-mail address can write here right now.`,
  emote_only: msg`Only emotes right now. Take the words out.`,
  links_off: msg`No links in this chat. Take the link out and send again.`,
  not_allowed: msg`This channel's rules do not allow that message.`,
  forbidden: msg`You may not do that here.`,
  unknown_command: msg`There is no such command. /help lists what you can use.`,
  invalid_command: msg`That command needs something else. Type it again and look at the hint.`,
  user_not_found: msg`Nobody has that name.`,
  image_not_found: msg`That image is gone. Add it again.`,
  images_off: msg`No images in this chat.`,
  message_deleted: msg`The message that you answer was deleted.`,
  poll_not_found: msg`That poll is gone.`,
  poll_closed: msg`That poll is over.`,
  poll_open: msg`Another poll is open. End it first.`,
  message_not_found: msg`That message is gone.`,
  not_joined: msg`The chat lost its place. Try again.`,
  unauthorized: msg`Sign in to write.`,
  read_only: msg`Sign in to write.`,
  room_not_found: msg`This channel has no chat.`,
  unavailable: msg`Chat has a problem right now. Reading still works; try again in a moment.`,
};

/** With a time to wait, by code; others are simply too fast. */
const WAITING: Record<string, (time: string) => string> = {
  timed_out: (time) => t`You cannot write here for ${time}.`,
  slow_mode: (time) => t`Slow mode is on. You can write again in ${time}.`,
  followers_only: (time) => t`You have not followed for long enough. You can write in ${time}.`,
};

/** The sentence about an `error` frame. */
export function refusal(frame: { code: string; detail?: string; retry_after_ms?: number }): string {
  if (frame.retry_after_ms && frame.retry_after_ms > 0) {
    const time = span(Math.ceil(frame.retry_after_ms / 1000));
    return WAITING[frame.code]?.(time) ?? t`Not so fast. You can write again in ${time}.`;
  }
  // The server knows what exactly is wrong with a command; what it would say of its grammar an example says better.
  const example = exampleOf(/^Use it so: \/(\w+)/.exec(frame.detail ?? "")?.[1] ?? "");
  if (example) return t`That command needs something else. For example: ${example}`;
  const exact = frame.code === "invalid_command" ? frame.detail?.trim() : undefined;
  const known = say(SENTENCES[frame.code]);
  if (known && !exact) return known;
  const detail = exact ?? frame.detail?.trim();
  if (!detail) return t`That did not work. Try again.`;
  const start = detail.charAt(0).toUpperCase() + detail.slice(1);
  return /[.?!]$/.test(start) ? start : `${start}.`;
}
