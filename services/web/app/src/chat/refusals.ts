/** What to tell a writer whose message or command was not taken. Pure; the writer's text is kept by the caller. */
import { exampleOf } from "./commands";
import { span } from "./spans";

const SENTENCES: Record<string, string> = {
  too_long: "That message is too long.",
  message_too_long: "That message is too long.",
  empty: "There is nothing to send.",
  duplicate: "You said that a moment ago. Say something new here.",
  banned: "You are banned from this chat.",
  timed_out: "You cannot write here for a while.",
  slow_mode: "Slow mode is on. Wait a moment.",
  followers_only: "Only followers can write here right now.",
  verified_only: "Only people with a confirmed e-mail address can write here right now.",
  emote_only: "Only emotes right now. Take the words out.",
  links_off: "No links in this chat. Take the link out and send again.",
  not_allowed: "This channel's rules do not allow that message.",
  forbidden: "You may not do that here.",
  unknown_command: "There is no such command. /help lists what you can use.",
  invalid_command: "That command needs something else. Type it again and look at the hint.",
  user_not_found: "Nobody has that name.",
  image_not_found: "That image is gone. Add it again.",
  images_off: "No images in this chat.",
  message_deleted: "The message that you answer was deleted.",
  poll_not_found: "That poll is gone.",
  poll_closed: "That poll is over.",
  poll_open: "Another poll is open. End it first.",
  message_not_found: "That message is gone.",
  not_joined: "The chat lost its place. Try again.",
  unauthorized: "Sign in to write.",
  read_only: "Sign in to write.",
  room_not_found: "This channel has no chat.",
  unavailable: "Chat has a problem right now. Reading still works; try again in a moment.",
};

/** With a time to wait, by code; others are simply too fast. */
const WAITING: Record<string, (time: string) => string> = {
  timed_out: (time) => `You cannot write here for ${time}.`,
  slow_mode: (time) => `Slow mode is on. You can write again in ${time}.`,
  followers_only: (time) => `You have not followed for long enough. You can write in ${time}.`,
};

/** The sentence about an `error` frame. */
export function refusal(frame: { code: string; detail?: string; retry_after_ms?: number }): string {
  if (frame.retry_after_ms && frame.retry_after_ms > 0) {
    const time = span(Math.ceil(frame.retry_after_ms / 1000));
    return WAITING[frame.code]?.(time) ?? `Not so fast. You can write again in ${time}.`;
  }
  // The server knows what exactly is wrong with a command; what it would say of its grammar an example says better.
  const example = exampleOf(/^Use it so: \/(\w+)/.exec(frame.detail ?? "")?.[1] ?? "");
  if (example) return `That command needs something else. For example: ${example}`;
  const exact = frame.code === "invalid_command" ? frame.detail?.trim() : undefined;
  const known = SENTENCES[frame.code];
  if (known && !exact) return known;
  const detail = exact ?? frame.detail?.trim();
  if (!detail) return "That did not work. Try again.";
  const start = detail.charAt(0).toUpperCase() + detail.slice(1);
  return /[.?!]$/.test(start) ? start : `${start}.`;
}
