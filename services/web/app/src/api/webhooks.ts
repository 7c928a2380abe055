/** Calls about webhooks of one's own channel, and what was sent to them. */
import { api } from "./client";
import type { Page } from "./contract";

export interface Webhook {
  id: string;
  name: string;
  url: string;
  events: string[];
  enabled: boolean;
  created_at: string;
  /** Until then the secret before the last one signs too. */
  overlap_until: string | null;
  /** Why the server itself switched it off. */
  off_because: string | null;
  off_at: string | null;
  /** Since when nothing has arrived. */
  failing_since: string | null;
  waiting: number;
  dropped: number;
}

/** With the secret, which no later answer has. */
export interface OpenWebhook extends Webhook {
  secret: string;
}

export interface Attempt {
  number: number;
  at: string;
  /** Null: under way, or it is not known what became of it. */
  duration_ms: number | null;
  status: number | null;
  error: string | null;
  /** Null also of what an earlier server sent. */
  error_code: string | null;
  answer: string | null;
}

export interface Delivery {
  id: string;
  message_id: string;
  type: string;
  state: "waiting" | "delivered" | "failed" | "cancelled";
  created_at: string;
  next_at: string | null;
  body: string;
  /** The newest first. */
  attempts: Attempt[];
}

export interface WebhookDraft {
  name: string;
  url: string;
  events: string[];
}

const ALL = "/api/streams/me/webhooks";
const one = (id: string) => `${ALL}/${encodeURIComponent(id)}`;
const within = (signal: AbortSignal | undefined) => (signal ? { signal } : {});

export const webhooks = (signal?: AbortSignal) => api<{ items: Webhook[] }>(ALL, within(signal));

export const createWebhook = (body: WebhookDraft) => api<OpenWebhook>(ALL, { method: "POST", body });

export const editWebhook = (id: string, body: Partial<WebhookDraft> & { enabled?: boolean }) =>
  api<Webhook>(one(id), { method: "PATCH", body });

export const deleteWebhook = (id: string) => api<void>(one(id), { method: "DELETE" });

/** The former secret signs beside the new one for a day. */
export const rotateWebhook = (id: string) =>
  api<OpenWebhook>(`${one(id)}/rotate`, { method: "POST", body: {} });

export const testWebhook = (id: string) => api<{ id: string }>(`${one(id)}/test`, { method: "POST" });

export const deliveries = (id: string, cursor: string | null, signal?: AbortSignal) =>
  api<Page<Delivery>>(
    `${one(id)}/deliveries${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ""}`,
    within(signal),
  );

export const redeliver = (id: string, delivery: string) =>
  api<{ id: string }>(`${one(id)}/deliveries/${encodeURIComponent(delivery)}/redeliver`, { method: "POST" });
