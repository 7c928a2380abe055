/** Past broadcasts: one's own with what was counted, and a channel's with what they were about. */
import { api, download } from "./client";
import type { EditedStream, Page, Visibility } from "./contract";

export interface PastBroadcast {
  id: string;
  title: string;
  category: string;
  tags: string[];
  started_at: string;
  /** Null: it runs. */
  ended_at: string | null;
  duration_s: number;
}

export interface OwnBroadcast extends PastBroadcast {
  visibility: Visibility;
  /** Nobody but owner and team saw it. */
  test: boolean;
  /** Whether the figures are whole; some 20 s after the end. */
  complete: boolean;
  /** Null: nobody counted. */
  peak_viewers: number | null;
  average_viewers: number | null;
  /** Seconds that all of them watched together. */
  watched_s: number;
  unique_viewers: number;
  messages: number;
  messages_per_minute: number;
}

/** One point of a broadcast's course. */
export interface CoursePoint {
  at: string;
  viewers: number | null;
  peak_viewers: number;
  messages: number;
  bitrate_bps: number | null;
  fps: number | null;
  arrival_jitter_ms: number;
  lag_ms: number;
  frames_dropped: number;
  reconnects: number;
}

export interface Course extends OwnBroadcast {
  /** Seconds that a point stands for. */
  point_s: number;
  points: CoursePoint[];
}

const within = (signal: AbortSignal | undefined) => (signal ? { signal } : {});
const after = (cursor: string | undefined) => (cursor ? `&cursor=${encodeURIComponent(cursor)}` : "");
const own = (id: string) => `/api/streams/me/broadcasts/${encodeURIComponent(id)}`;

export const ownBroadcasts = (cursor: string | undefined, signal?: AbortSignal) =>
  api<Page<OwnBroadcast>>(`/api/streams/me/broadcasts?limit=20${after(cursor)}`, within(signal));

export const ownBroadcast = (id: string, signal?: AbortSignal) => api<Course>(own(id), within(signal));

/** The minutes as a table for other programs. */
export const courseTable = (id: string) => download(`${own(id)}/minutes.csv`, () => {});

export const pastBroadcasts = (username: string, signal?: AbortSignal) =>
  api<Page<PastBroadcast>>(`/api/streams/${encodeURIComponent(username)}/broadcasts?limit=6`, within(signal));

export const showBroadcasts = (show: boolean) =>
  api<EditedStream>("/api/streams/me", { method: "PATCH", body: { show_broadcasts: show } });
