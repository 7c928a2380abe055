import { describe, expect, it } from "vitest";
import type { Stream } from "../api/contract";
import { besides, byLiveness } from "./followed-order";

const channel = (id: string, more: Partial<Stream> = {}): Stream => ({
  id,
  owner_id: id,
  username: id,
  display_name: id,
  title: "",
  category: null,
  tags: [],
  state: "offline",
  live: null,
  ...more,
});
const order = (list: ReturnType<typeof byLiveness>) =>
  list.map(({ stream, live }) => `${stream.id}${live ? "*" : ""}`);

describe("channels that somebody follows", () => {
  it("come live first, each half in its order, by the directory's newer word", () => {
    const followed = [channel("ann"), channel("bob"), channel("cem", { state: "live" }), channel("dora")];
    const directory = [channel("eva", { state: "live" }), channel("dora", { state: "live" }), channel("bob")];
    expect(order(byLiveness(followed, directory))).toEqual(["bob*", "dora*", "ann", "cem"]);
  });

  it("are what the list says where the directory may not say", () => {
    const followed = [
      channel("ann"),
      channel("bob", { state: "live", visibility: "followers" }),
      channel("cem", { state: "offline", visibility: "private" }),
    ];
    expect(order(byLiveness(followed, []))).toEqual(["bob*", "ann", "cem"]);
  });

  it("are not among who else is live", () => {
    const directory = [channel("eva", { state: "live" }), channel("bob", { state: "live" })];
    const shown = byLiveness([channel("ann"), channel("bob")], directory);
    expect(besides(shown, directory).map(({ id }) => id)).toEqual(["eva"]);
  });
});
