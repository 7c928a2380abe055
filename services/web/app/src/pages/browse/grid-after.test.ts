import { expect, test } from "vitest";
import type { Page, Stream } from "../../api/contract";
import type { Pushed } from "../../live/event-hub";
import { gridAfter } from "./grid-after";

const channel = (id: string, live = true) =>
  ({ id, username: id, state: live ? "live" : "offline", live: live ? { viewers: 1 } : null }) as Stream;
const pages: Page<Stream>[] = [
  { items: [channel("a"), channel("b")], next_cursor: "x" },
  { items: [channel("c")], next_cursor: null },
];
const pushed = (data: unknown) => ({ event: "directory", data }) as Pushed;
const states = (after: { pages: Page<Stream>[] }) =>
  after.pages.map(({ items }) => items.map(({ id, state, live }) => `${id} ${state} ${live ? "on" : "off"}`));

test("who left the directory stays in place, and is not live", () => {
  const after = gridAfter(pages, pushed({ channel_id: "b", state: "offline" }));
  expect(states(after)).toEqual([["a live on", "b offline off"], ["c live on"]]);
  expect(after.isNew).toBe(false);
});

test("who is live and not in the list is new, and changes nothing in it", () => {
  const after = gridAfter(pages, pushed(channel("d")));
  expect(after.isNew).toBe(true);
  expect(states(after)).toEqual(states({ pages }));
  expect(gridAfter(pages, pushed(channel("c"))).isNew).toBe(false);
  expect(gridAfter(pages, pushed({ channel_id: "d", state: "offline" })).isNew).toBe(false);
});

test("a channel's new title is taken where it is", () => {
  const after = gridAfter(pages, pushed({ ...channel("c"), title: "Other" }));
  expect(after.pages[1]?.items[0]?.title).toBe("Other");
});
