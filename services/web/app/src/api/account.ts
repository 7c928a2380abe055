/** Calls about accounts beyond signing in: passwords, addresses, sessions, and what admins do. */
import { api, download } from "./client";
import type { Page, SignedIn, User } from "./contract";
import type { Again } from "./second-factor";

/** A sign-in as its owner sees it. */
export interface AccountSession {
  id: string;
  current: boolean;
  /** "Firefox on Linux". */
  device: string;
  ip: string | null;
  created_at: string;
  last_used_at: string;
}

/** A mail to somebody, for admins; `text` only of a single one, and null once a mail server has it. */
export interface Mail {
  id: string;
  kind: string;
  to: string;
  subject: string | null;
  text?: string | null;
  created_at: string;
  sent_at: string | null;
  given_up_at: string | null;
  attempts: number;
  last_error: string | null;
}

const post = (body?: unknown) => ({ method: "POST" as const, ...(body === undefined ? {} : { body }) });

export const forgotPassword = (email: string) =>
  api<void>("/api/auth/password/forgot", { ...post({ email }), anonymous: true });

/** Whether mails leave the platform at all. */
export const mailWay = (signal?: AbortSignal) =>
  api<{ sends_mail: boolean }>("/api/auth/mail", { anonymous: true, ...(signal ? { signal } : {}) });

export const resetPassword = (token: string, password: string) =>
  api<void>("/api/auth/password/reset", { ...post({ token, password }), anonymous: true });

export const followLink = (token: string) =>
  api<void>("/api/auth/email/verify", { ...post({ token }), anonymous: true });

export const sendVerification = () => api<void>("/api/auth/email/verification", post());

export const changeEmail = (email: string) => api<void>("/api/auth/me/email", post({ email }));

export const changePassword = (password: string) =>
  api<SignedIn>("/api/auth/me/password", { method: "PUT", body: { password } });

/** What is wrong is 401, too: that is not the token's fault. */
export const proveAgain = (again: Again) =>
  api<SignedIn>("/api/auth/reauth", { ...post(again), takeRefusal: true });

export const accountSessions = (signal?: AbortSignal) =>
  api<Page<AccountSession>>("/api/auth/sessions", signal ? { signal } : {});

export const endSession = (id: string) =>
  api<void>(`/api/auth/sessions/${encodeURIComponent(id)}`, { method: "DELETE" });

export const endOtherSessions = () => api<void>("/api/auth/sessions", { method: "DELETE" });

/** All that is known of oneself, as a JSON text. */
export const exportData = (heard: (bytes: number) => void) => download("/api/auth/me/export", heard);

/** In which the account is written to. */
export const writeLanguage = (language: string) =>
  api<{ user: User }>("/api/auth/me", { method: "PATCH", body: { language } });

export const closeAccount = () => api<{ erase_at: string }>("/api/auth/me", { method: "DELETE" });

export const restoreAccount = (token: string) =>
  api<void>("/api/auth/restore", { ...post({ token }), anonymous: true });

export const awaitsFirstAdmin = (signal?: AbortSignal) =>
  api<{ open: boolean }>("/api/admin/first", { anonymous: true, ...(signal ? { signal } : {}) });

export const becomeFirstAdmin = (token: string) => api<{ user: User }>("/api/admin/first", post({ token }));

export const mails = (cursor?: string, signal?: AbortSignal) =>
  api<Page<Mail>>(
    `/api/admin/mails${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ""}`,
    signal ? { signal } : {},
  );

export const mail = (id: string, signal?: AbortSignal) =>
  api<Mail>(`/api/admin/mails/${encodeURIComponent(id)}`, signal ? { signal } : {});
