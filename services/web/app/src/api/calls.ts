/** Every REST call that the app makes, by what it does. Paths and bodies are CONTRACT's. */
import { api } from "./client";
import type {
  Granted,
  OpenStreamKey,
  OwnStream,
  Page,
  SignedIn,
  Stream,
  StreamKey,
  Visibility,
  WatchLink,
} from "./contract";
import { SIGN_OUT_MS } from "./time-limit";

/** Who begins an account, and in which language it is written to. */
export interface Registration {
  username: string;
  email: string;
  password: string;
  invite?: string;
  language: string;
}

/** Nothing comes back where the address is confirmed first. */
export const register = (body: Registration) =>
  api<SignedIn | undefined>("/api/auth/register", { method: "POST", body, anonymous: true });

export const login = (body: { login: string; password: string }) =>
  api<SignedIn>("/api/auth/login", { method: "POST", body, anonymous: true, repeatable: true });

export const refresh = () =>
  api<SignedIn>("/api/auth/refresh", { method: "POST", anonymous: true, repeatable: true });

/** Ends the session of the cookie, so it can be said again when the token is gone. */
export const logout = () =>
  api<void>("/api/auth/logout", {
    method: "POST",
    anonymous: true,
    repeatable: true,
    patience: SIGN_OUT_MS,
  });

/** Where encoders stream to; an operator may have left it out. */
export const servers = (signal?: AbortSignal) =>
  api<{ rtmp_url?: string; rtmps_url?: string }>("/api/client", {
    anonymous: true,
    ...(signal ? { signal } : {}),
  });

/** What this platform has besides the usual: names of `features`. */
export const features = async (signal?: AbortSignal) =>
  (await api<{ features: string[] }>("/api/client", signal ? { signal } : {})).features;

export const liveStreams = (signal?: AbortSignal) =>
  api<Page<Stream>>("/api/streams?live=true", signal ? { signal } : {});

export const streamOf = (username: string, signal?: AbortSignal) =>
  api<Stream>(`/api/streams/${encodeURIComponent(username)}`, signal ? { signal } : {});

export const ownStream = (signal?: AbortSignal) =>
  api<OwnStream>("/api/streams/me", signal ? { signal } : {});

export const editOwnStream = (body: {
  title?: string;
  category?: string;
  tags?: string[];
  visibility?: Visibility;
  password?: string;
}) => api<Stream>("/api/streams/me", { method: "PATCH", body });

/** A playback token by who one is, by a password, by a link, or by the token before. */
export const playbackToken = (username: string, body: { password?: string; link?: string; token?: string }) =>
  api<Granted>(`/api/streams/${encodeURIComponent(username)}/playback-token`, {
    method: "POST",
    body,
    repeatable: true,
  });

export const watchLink = (signal?: AbortSignal) =>
  api<WatchLink>("/api/streams/me/watch-link", signal ? { signal } : {});

export const makeWatchLink = () => api<WatchLink>("/api/streams/me/watch-link", { method: "POST" });

export const endWatchLink = () => api<void>("/api/streams/me/watch-link", { method: "DELETE" });

export const endBroadcast = () => api<void>("/api/streams/me/end", { method: "POST" });

export const streamKeys = (signal?: AbortSignal) =>
  api<Page<StreamKey>>("/api/streams/keys", signal ? { signal } : {});

export const createKey = (name: string) =>
  api<OpenStreamKey>("/api/streams/keys", { method: "POST", body: { name } });

const keyPath = (id: string) => `/api/streams/keys/${encodeURIComponent(id)}`;

export const revealKey = (id: string) => api<OpenStreamKey>(`${keyPath(id)}/reveal`, { method: "POST" });

/** The old key is refused for new publishes after `overlapSeconds`; a running broadcast goes on. */
export const rotateKey = (id: string, overlapSeconds: number) =>
  api<OpenStreamKey>(`${keyPath(id)}/rotate`, { method: "POST", body: { overlap_s: overlapSeconds } });

/** `null`: it has no end. */
export const setKeyEnd = (id: string, expiresAt: string | null) =>
  api<StreamKey>(keyPath(id), { method: "PATCH", body: { expires_at: expiresAt } });

export const deleteKey = (id: string) => api<void>(keyPath(id), { method: "DELETE" });
