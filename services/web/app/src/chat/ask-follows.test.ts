/** What is asked to know whether one follows a channel, and what is not. */
import { QueryClient } from "@tanstack/react-query";
import { beforeEach, expect, it, vi } from "vitest";
import { Problem } from "../api/problem";
import { keys } from "../live/use-live";
import { askFollows } from "./ask-follows";

const asked = vi.hoisted(() => ({ followed: vi.fn(), following: vi.fn() }));
vi.mock("../api/notices", () => ({ followed: asked.followed }));
vi.mock("../api/follows", () => ({ following: asked.following }));
vi.mock("../live/use-live", () => ({ keys: { followed: ["own-stream", "followed"] } }));

const page = (names: string[], next_cursor: string | null = null) => ({
  items: names.map((username) => ({ followed_at: "", notify: true, stream: { username } })),
  next_cursor,
});
const ask = (client: QueryClient, name: string) => askFollows(client, name, new AbortController().signal);

let client: QueryClient;
beforeEach(() => {
  client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  asked.followed.mockReset();
  asked.following.mockReset();
});

it("a channel that is not on the whole list is not asked about", async () => {
  asked.followed.mockResolvedValue(page(["ada"]));
  expect(await ask(client, "noor")).toBe("no");
  expect(asked.following).not.toHaveBeenCalled();
});

it("one on the list is, for its bell, however its name is written", async () => {
  asked.followed.mockResolvedValue(page(["ada"]));
  asked.following.mockResolvedValue({ followed_at: "", notify: false });
  expect(await ask(client, "Ada")).toBe("silent");
  asked.following.mockResolvedValue({ followed_at: "", notify: true });
  expect(await ask(client, "ada")).toBe("told");
  // A bell that was changed elsewhere is true, and the list is asked for once.
  expect(asked.followed).toHaveBeenCalledTimes(1);
});

it("one that may be on a later page is asked about", async () => {
  asked.followed.mockResolvedValue(page(["ada"], "more"));
  asked.following.mockRejectedValue(new Problem(404, "not_following", ""));
  expect(await ask(client, "noor")).toBe("no");
  asked.following.mockRejectedValue(new Problem(503, "unavailable", ""));
  await expect(ask(client, "noor")).rejects.toThrow();
});

it("a list that does not come is asked for once here: who asks this asks again", async () => {
  client = new QueryClient({ defaultOptions: { queries: { retry: 3, retryDelay: 0 } } });
  asked.followed.mockRejectedValue(new Problem(503, "unavailable", ""));
  await expect(ask(client, "noor")).rejects.toThrow();
  expect(asked.followed).toHaveBeenCalledTimes(1);
});

it("after a change the list is asked for anew", async () => {
  asked.followed.mockResolvedValue(page([]));
  expect(await ask(client, "ada")).toBe("no");
  void client.invalidateQueries({ queryKey: keys.followed });
  asked.followed.mockResolvedValue(page(["ada"]));
  asked.following.mockResolvedValue({ followed_at: "", notify: true });
  expect(await ask(client, "ada")).toBe("told");
});
