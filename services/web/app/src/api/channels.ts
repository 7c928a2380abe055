/** Calls about channels that can be found: the directory, categories, profiles, schedules, pictures. */
import { api } from "./client";
import type { EditedStream, Embedding, Page, Stream, User } from "./contract";
import { Problem } from "./problem";

/** A category as everybody sees it. */
export interface Category {
  slug: string;
  name: string;
  description: string;
  /** Null: the page draws one. */
  picture_url: string | null;
  live_channels: number;
  viewers: number;
}

export interface Link {
  title: string;
  url: string;
}

/** A panel as its owner writes it; `picture` is the id of one that was uploaded. */
export interface PanelDraft {
  title: string;
  text: string;
  url: string;
  picture: string;
}

export interface Panel extends PanelDraft {
  picture_url: string | null;
  width: number | null;
  height: number | null;
}

export interface About {
  bio: string;
  links: Link[];
  panels: Panel[];
  avatar_url: string | null;
  banner_url: string | null;
}

export interface Occurrence {
  id: string;
  title: string;
  category: string;
  starts_at: string;
  ends_at: string;
  weekly: boolean;
}

export interface Upcoming {
  time_zone: string;
  items: Occurrence[];
}

export interface Entry {
  title: string;
  category: string;
  /** `2026-12-01T20:00`, on the clocks of the schedule's time zone. */
  starts_at: string;
  minutes: number;
  weekly: boolean;
}

export interface OwnSchedule {
  time_zone: string;
  entries: Entry[];
}

export interface Uploaded {
  id: string;
  url: string;
  width: number;
  height: number;
}

/** What of the directory is wanted; what is left out does not matter. */
export interface Wanted {
  live?: boolean;
  q?: string;
  category?: string;
  tag?: string;
  language?: string;
}

export interface ChannelEdit {
  title?: string;
  category?: string;
  tags?: string[];
  language?: string;
  mature?: boolean;
  bio?: string;
  links?: Link[];
  panels?: PanelDraft[];
  embedding?: Embedding;
  embed_sites?: string[];
}

/** Of what a link to a channel shows: where its player may be. */
export interface Card {
  embedding: Embedding;
}

const within = (signal: AbortSignal | undefined) => (signal ? { signal } : {});

export const channels = (wanted: Wanted, cursor: string | undefined, signal?: AbortSignal) => {
  const asked = new URLSearchParams();
  if (wanted.live) asked.set("live", "true");
  for (const name of ["q", "category", "tag", "language"] as const) {
    const value = wanted[name];
    if (value) asked.set(name, value);
  }
  if (cursor) asked.set("cursor", cursor);
  return api<Page<Stream>>(`/api/streams?${asked}`, within(signal));
};

export const categories = (signal?: AbortSignal) => api<Page<Category>>("/api/categories", within(signal));

/** A slug that the category had answers the category as it is called now. */
export const category = (slug: string, signal?: AbortSignal) =>
  api<Category>(`/api/categories/${encodeURIComponent(slug)}`, within(signal));

const channel = (username: string) => `/api/streams/${encodeURIComponent(username)}`;

export const about = (username: string, signal?: AbortSignal) =>
  api<About>(`${channel(username)}/about`, within(signal));

export const card = (username: string, signal?: AbortSignal) =>
  api<Card>(`${channel(username)}/card`, within(signal));

export const schedule = (username: string, signal?: AbortSignal) =>
  api<Upcoming>(`${channel(username)}/schedule`, within(signal));

/** Where programs subscribe to a channel's schedule. */
export const calendarOf = (username: string) => `${channel(username)}/schedule.ics`;

export const editChannel = (body: ChannelEdit) =>
  api<EditedStream>("/api/streams/me", { method: "PATCH", body });

/** The user name with other capitals. */
export const writeName = (name: string) =>
  api<{ user: User }>("/api/auth/me", { method: "PATCH", body: { display_name: name } });

export const ownSchedule = (signal?: AbortSignal) =>
  api<OwnSchedule>("/api/streams/me/schedule", within(signal));

export const saveSchedule = (body: OwnSchedule) =>
  api<OwnSchedule>("/api/streams/me/schedule", { method: "PUT", body });

export const putPicture = (place: "avatar" | "banner", file: Blob) =>
  api<Uploaded>(`/api/streams/me/${place}`, { method: "PUT", file });

export const deletePicture = (place: "avatar" | "banner") =>
  api<void>(`/api/streams/me/${place}`, { method: "DELETE" });

export const addPicture = (file: Blob) => api<Uploaded>("/api/streams/me/pictures", { method: "POST", file });

const kept = (slug: string) => `/api/admin/categories/${encodeURIComponent(slug)}`;

export const addCategory = (body: { name: string; slug?: string }) =>
  api<Category>("/api/admin/categories", { method: "POST", body });

export const editCategory = (slug: string, body: { name: string; slug: string; description: string }) =>
  api<Category>(kept(slug), { method: "PATCH", body });

export const mergeCategory = (slug: string, into: string) =>
  api<Category>(`${kept(slug)}/merge`, { method: "POST", body: { into } });

export const deleteCategory = (slug: string) => api<void>(kept(slug), { method: "DELETE" });

export const putCategoryPicture = (slug: string, file: Blob) =>
  api<Category>(`${kept(slug)}/picture`, { method: "PUT", file });

export const deleteCategoryPicture = (slug: string) =>
  api<Category>(`${kept(slug)}/picture`, { method: "DELETE" });

/** Whether there is an account of that name which everybody may know of: none that is suspended or closed. */
export async function isThere(username: string, signal?: AbortSignal): Promise<boolean> {
  try {
    const path = `/api/users/${encodeURIComponent(username)}`;
    await api(path, { anonymous: true, ...(signal ? { signal } : {}) });
    return true;
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return false;
    throw error;
  }
}
