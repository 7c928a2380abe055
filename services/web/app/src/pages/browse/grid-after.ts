/** What a pushed event does to a list of channels under some filter. Pure. */
import type { Page, Stream } from "../../api/contract";
import type { Pushed } from "../../live/event-hub";
import { streamAfter } from "../../live/stream-state";

/** The pages after it, each channel in its place; `isNew`: the event is about one that is live and not among them. */
export function gridAfter(pages: Page<Stream>[], pushed: Pushed): { pages: Page<Stream>[]; isNew: boolean } {
  // The directory says so of who left it, whatever else they are: the card stays, so that nothing jumps, and does not say LIVE.
  const left = pushed.event === "directory" && !("id" in pushed.data) ? pushed.data.channel_id : null;
  const after = (stream: Stream): Stream =>
    stream.id === left ? { ...stream, state: "offline", live: null } : streamAfter(stream, pushed);
  const live = pushed.event === "directory" && "id" in pushed.data ? pushed.data : null;
  const isKnown = pages.some(({ items }) => items.some(({ id }) => id === live?.id));
  return {
    pages: pages.map((page) => ({ ...page, items: page.items.map(after) })),
    isNew: live?.live != null && !isKnown,
  };
}
