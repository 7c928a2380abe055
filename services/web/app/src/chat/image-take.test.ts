/** The image of the next message: taken back, chosen anew, failed. */
import { expect, it } from "vitest";
import type { ChatImage } from "./frames";
import { ImageTake, NOTHING, type Taken } from "./image-take";

const image = (id: string): ChatImage => ({ id, url: `/api/chat/images/${id}`, width: 1, height: 1 });
const file = (name: string) => new Blob([name]);

/** Uploads that end when they are told to. */
function stage() {
  const ends: Array<{ done: (made: ChatImage) => void; fail: (why: unknown) => void }> = [];
  const seen: { taken: Taken; failures: unknown[] } = { taken: NOTHING, failures: [] };
  const take = new ImageTake(
    () => new Promise((done, fail) => ends.push({ done, fail })),
    (taken) => {
      seen.taken = taken;
    },
    (why) => seen.failures.push(why),
  );
  return { take, ends, seen };
}

it("one that is taken back while it uploads is not sent", async () => {
  const { take, ends, seen } = stage();
  const ended = take.take(file("a"));
  take.clear();
  ends[0]?.done(image("a"));
  await ended;
  expect(seen.taken).toEqual(NOTHING);
});

it("of two the later choice counts, whichever is there first", async () => {
  const { take, ends, seen } = stage();
  const first = take.take(file("a"));
  const second = take.take(file("b"));
  ends[1]?.done(image("b"));
  await second;
  expect(seen.taken.ready?.id).toBe("b");
  ends[0]?.done(image("a"));
  await first;
  expect(seen.taken.ready?.id).toBe("b");
});

it("a failure of an earlier one is no news, one of the present one is", async () => {
  const { take, ends, seen } = stage();
  const first = take.take(file("a"));
  const second = take.take(file("b"));
  ends[0]?.fail("too slow");
  await first;
  expect(seen.failures).toEqual([]);
  expect(seen.taken.file).not.toBeNull();
  ends[1]?.fail("too large");
  await second;
  expect(seen.failures).toEqual(["too large"]);
  expect(seen.taken).toEqual(NOTHING);
});
