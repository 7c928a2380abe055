/** Test mode, and markers: places in a broadcast that its owner or moderators want to find again. */
import { api } from "./client";
import type { EditedStream } from "./contract";

export interface Marker {
  id: string;
  at: string;
  /** Milliseconds since the broadcast began. */
  offset_ms: number;
  label: string;
  made_by: string;
  /** Null: the account is gone. */
  made_by_name: string | null;
}

/** As the server takes it: characters of a label. */
export const MAX_LABEL = 140;

export const setTestMode = (test_mode: boolean) =>
  api<EditedStream>("/api/streams/me", { method: "PATCH", body: { test_mode } });

/** The test on air is for everybody from now on. */
export const goLive = () => api<EditedStream>("/api/streams/me/go-live", { method: "POST" });

const of = (username: string) => `/api/streams/${encodeURIComponent(username)}/markers`;

export const markers = async (username: string, broadcast: string, signal?: AbortSignal) =>
  (
    await api<{ items: Marker[] }>(
      `${of(username)}?broadcast_id=${encodeURIComponent(broadcast)}`,
      signal ? { signal } : {},
    )
  ).items;

/** In what is on air. */
export const setMarker = (username: string, label: string) =>
  api<Marker>(of(username), { method: "POST", body: { label } });

export const renameMarker = (username: string, id: string, label: string) =>
  api<Marker>(`${of(username)}/${encodeURIComponent(id)}`, { method: "PATCH", body: { label } });

export const deleteMarker = (username: string, id: string) =>
  api<void>(`${of(username)}/${encodeURIComponent(id)}`, { method: "DELETE" });
