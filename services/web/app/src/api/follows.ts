/** Whom one follows: the calls of the button beside a channel. */
import { api } from "./client";

const path = (username: string) => `/api/streams/${encodeURIComponent(username)}/follow`;

/** Throws 404 for who does not follow. */
export const following = (username: string, signal?: AbortSignal) =>
  api<{ followed_at: string; notify: boolean }>(path(username), signal ? { signal } : {});
export const follow = (username: string) => api<void>(path(username), { method: "PUT" });
export const unfollow = (username: string) => api<void>(path(username), { method: "DELETE" });
