/** Calls of the platform's staff: accounts, invitations, the log of acts, signing keys, limits. What who may the server decides. */
import { api } from "./client";
import type { Health, Page, Rendition, Visibility } from "./contract";

export type PlatformRole = "user" | "moderator" | "admin";

/** An account as staff sees it; the address is for admins. */
export interface StaffAccount {
  id: string;
  username: string;
  display_name: string;
  email: string | null;
  email_verified: boolean;
  platform_role: PlatformRole;
  created_at: string;
  suspended_at: string | null;
  suspension_reason: string | null;
  /** Its owner closed it; when it is erased. */
  erase_at: string | null;
}

export interface Invitation {
  id: string;
  note: string | null;
  /** At its making only. */
  code?: string;
  created_at: string;
  expires_at: string;
  used_at: string | null;
  used_by: string | null;
}

export interface Act {
  id: string;
  at: string;
  actor_id: string;
  actor_name: string;
  act: string;
  subject_id: string | null;
  subject_name: string | null;
  detail: Record<string, unknown>;
}

export interface ActFilter {
  act: string;
  actor: string;
  subject: string;
}

export interface SigningKey {
  kid: string;
  state: "next" | "signing" | "former";
  signs_from: string | null;
  published_until: string | null;
}

/** Something that went wrong in people's browsers. */
export interface BrowserError {
  id: string;
  message: string;
  stack: string;
  page: string;
  browser: string;
  count: number;
  first_at: string;
  last_at: string;
}

/** A node that takes publishers. */
export interface MediaNode {
  id: string;
  rtmps: boolean;
  draining: boolean;
  /** Milliseconds; it is heard every second. */
  heard_ms_ago: number;
  broadcasts: number;
  viewers: number;
  /** Null: it does not say. */
  machine?: {
    cores: number;
    /** Of all cores, in thousandths. */
    busy_permille: number;
    /** 0: not known. */
    memory_bytes: number;
    memory_available_bytes: number;
    encoders: string[];
    encoders_at_rest: string[];
    publishers: number;
    max_publishers: number;
  } | null;
}

/** A broadcast, as staff sees it. */
export interface OnAir {
  id: string;
  username: string;
  display_name: string;
  title: string;
  visibility: Visibility;
  state: string;
  started_at: string;
  viewers: number;
  node_id: string;
  health?: Health | null;
  renditions: Rendition[];
}

export type Only = "" | "suspended" | "staff";

/** The parameters that say something, as a query. */
export function queryOf(parameters: Record<string, string | undefined>): string {
  const said = Object.entries(parameters).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return said.length > 0 ? `?${new URLSearchParams(said)}` : "";
}

const asked = (signal?: AbortSignal) => (signal ? { signal } : {});
const user = (id: string) => `/api/admin/users/${encodeURIComponent(id)}`;

export const accounts = (q: string, only: Only, cursor?: string, signal?: AbortSignal) =>
  api<Page<StaffAccount>>(`/api/admin/users${queryOf({ q, only, cursor })}`, asked(signal));

export const suspend = (id: string, reason: string) =>
  api<StaffAccount>(`${user(id)}/suspension`, { method: "PUT", body: { reason } });

/** An empty reason is none. */
export const unsuspend = (id: string, reason: string) =>
  api<StaffAccount>(`${user(id)}/suspension`, { method: "DELETE", body: reason ? { reason } : {} });

/** Takes the app, the passkeys and the recovery codes away, and ends every sign-in; of who has none it fails. */
export const resetSecondFactor = (id: string, reason: string) =>
  api<void>(`${user(id)}/second-factor`, { method: "DELETE", body: { reason } });

export const setRole = (id: string, role: PlatformRole) =>
  api<StaffAccount>(`${user(id)}/role`, { method: "PUT", body: { role } });

export const invitations = (cursor?: string, signal?: AbortSignal) =>
  api<Page<Invitation>>(`/api/admin/invitations${queryOf({ cursor })}`, asked(signal));

export const invite = (note: string, expiresInS: number) =>
  api<Invitation>("/api/admin/invitations", {
    method: "POST",
    body: { ...(note ? { note } : {}), expires_in_s: expiresInS },
  });

export const takeBack = (id: string) =>
  api<void>(`/api/admin/invitations/${encodeURIComponent(id)}`, { method: "DELETE" });

export const acts = (filter: ActFilter, cursor?: string, signal?: AbortSignal) =>
  api<Page<Act>>(`/api/admin/audit${queryOf({ ...filter, cursor })}`, asked(signal));

export const signingKeys = (signal?: AbortSignal) =>
  api<{ items: SigningKey[] }>("/api/admin/signing-keys", asked(signal));

export const browserErrors = (cursor?: string, signal?: AbortSignal) =>
  api<Page<BrowserError>>(`/api/admin/browser-errors${queryOf({ cursor })}`, asked(signal));

export const dismissError = (id: string) =>
  api<void>(`/api/admin/browser-errors/${encodeURIComponent(id)}`, { method: "DELETE" });

/** A setting that a service goes by. */
export interface Setting {
  key: string;
  value: string;
  default: string | null;
}

/** The services that say what they go by. */
export type LimitsOf = "user" | "stream" | "chat" | "web";

export const limits = (service: LimitsOf, signal?: AbortSignal) =>
  api<{ items: Setting[] }>(`/api/admin/limits/${service}`, asked(signal));

/** A setting of the ingest nodes, once for each value that it has somewhere. */
export interface NodeSetting extends Setting {
  /** Where it is so. */
  nodes: string[];
}

/** With the nodes that say theirs. */
export const ingestLimits = (signal?: AbortSignal) =>
  api<{ items: NodeSetting[]; nodes: string[] }>("/api/admin/limits/ingest", asked(signal));

export const nodes = (signal?: AbortSignal) => api<{ items: MediaNode[] }>("/api/admin/nodes", asked(signal));

export const onAir = (cursor?: string, signal?: AbortSignal) =>
  api<Page<OnAir>>(`/api/admin/broadcasts${queryOf({ cursor })}`, asked(signal));
