/** Calls about notices of live channels: the list, where one wants to be told, one's browsers, the bells of what one follows. */
import { api } from "./client";
import type { Notice, Page, Stream } from "./contract";

export interface NoticeList {
  /** The newest first. */
  items: Notice[];
  /** What began until then is no news any more. */
  seen_at: string | null;
  unread: number;
}

export interface NoticeSettings {
  page: boolean;
  push: boolean;
  mail: boolean;
  seen_at: string | null;
}

/** A browser that takes Web Push. */
export interface PushBrowser {
  id: string;
  name: string;
  made_at: string;
  told_at: string | null;
}

export interface PushBrowsers {
  /** What a browser subscribes with; null: this platform has no Web Push. */
  public_key: string | null;
  items: PushBrowser[];
}

export interface Tested {
  told: number;
  gone: number;
  failed: number;
}

export interface Followed {
  followed_at: string;
  /** Whether one is told when it goes live. */
  notify: boolean;
  stream: Stream;
}

const BASE = "/api/streams/me/notices";
const within = (signal: AbortSignal | undefined) => (signal ? { signal } : {});

export const notices = (signal?: AbortSignal) => api<NoticeList>(BASE, within(signal));

export const seeNotices = (until: string) =>
  api<NoticeSettings>(`${BASE}/seen`, { method: "POST", body: { until } });

export const noticeSettings = (signal?: AbortSignal) =>
  api<NoticeSettings>(`${BASE}/settings`, within(signal));

export const changeNotices = (body: Partial<Pick<NoticeSettings, "page" | "push" | "mail">>) =>
  api<NoticeSettings>(`${BASE}/settings`, { method: "PATCH", body });

export const pushBrowsers = (signal?: AbortSignal) => api<PushBrowsers>(`${BASE}/browsers`, within(signal));

export const addBrowser = (body: PushSubscriptionJSON & { name: string }) =>
  api<PushBrowser>(`${BASE}/browsers`, { method: "POST", body });

export const removeBrowser = (id: string) =>
  api<void>(`${BASE}/browsers/${encodeURIComponent(id)}`, { method: "DELETE" });

export const testBrowsers = () => api<Tested>(`${BASE}/browsers/test`, { method: "POST" });

export const followed = (cursor: string | undefined, signal?: AbortSignal) =>
  api<Page<Followed>>(
    `/api/streams/me/following${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ""}`,
    within(signal),
  );

export const setBell = (username: string, notify: boolean) =>
  api<{ followed_at: string; notify: boolean }>(`/api/streams/me/following/${encodeURIComponent(username)}`, {
    method: "PATCH",
    body: { notify },
  });
