/** Calls about second factors: an app's codes, recovery codes, passkeys, and the second step that asks for one. */
import { api } from "./client";
import type { SignedIn } from "./contract";
import { Problem } from "./problem";

export type Method = "passkey" | "totp" | "recovery";

/** What `mfa_required` says. */
export interface SecondStep {
  mfa_token: string;
  methods: Method[];
  /** Options for the browser, where there are passkeys. */
  passkey?: unknown;
}

/** A second factor that is shown: a code, or what the browser made of a passkey. */
export interface Proof {
  method: Method;
  response: unknown;
}

/** Who one is, once more: by the password, by the second step after it, or by a passkey alone. */
export type Again = { password: string } | ({ mfa_token: string } & Proof) | Proof;

export interface SecondFactor {
  on: boolean;
  totp_since: string | null;
  passkeys: number;
  recovery_codes_left: number;
}

export interface NewApp {
  secret: string;
  otpauth_url: string;
  /** The address as a QR code. */
  qr_svg: string;
}

export interface Passkey {
  id: string;
  name: string;
  created_at: string;
  last_used_at: string | null;
}

/** Codes that are told once; empty where the account has some already. */
export interface RecoveryCodes {
  recovery_codes: string[];
}

/** What is asked for, if an error says that a second factor is. */
export function secondStepOf(error: unknown): SecondStep | null {
  if (!(error instanceof Problem) || error.code !== "mfa_required") return null;
  return error.body as unknown as SecondStep;
}

const post = (body?: unknown) => ({ method: "POST" as const, ...(body === undefined ? {} : { body }) });

export const secondStep = (mfa_token: string, proof: Proof) =>
  api<SignedIn>("/api/auth/mfa", { ...post({ mfa_token, ...proof }), anonymous: true });

export const passkeyChallenge = () =>
  api<{ options: unknown }>("/api/auth/passkeys/challenge", {
    ...post(),
    anonymous: true,
    repeatable: true,
  });

export const passkeySignIn = (credential: unknown) =>
  api<SignedIn>("/api/auth/passkeys/sign-in", { ...post({ credential }), anonymous: true });

export const secondFactor = (signal?: AbortSignal) =>
  api<SecondFactor>("/api/auth/second-factor", signal ? { signal } : {});

export const beginApp = () => api<NewApp>("/api/auth/totp", post());

/** A wrong code is 401, too. */
export const confirmApp = (code: string) =>
  api<RecoveryCodes>("/api/auth/totp/confirm", { ...post({ code }), takeRefusal: true });

export const removeApp = () => api<void>("/api/auth/totp", { method: "DELETE" });

export const newRecoveryCodes = () => api<RecoveryCodes>("/api/auth/recovery-codes", post());

export const passkeys = (signal?: AbortSignal) =>
  api<{ items: Passkey[] }>("/api/auth/passkeys", signal ? { signal } : {});

export const passkeyOptions = () =>
  api<{ options: unknown }>("/api/auth/passkeys/options", { ...post(), repeatable: true });

export const addPasskey = (name: string, credential: unknown) =>
  api<RecoveryCodes & { passkey: Passkey }>("/api/auth/passkeys", post({ name, credential }));

const passkeyPath = (id: string) => `/api/auth/passkeys/${encodeURIComponent(id)}`;

export const renamePasskey = (id: string, name: string) =>
  api<Passkey>(passkeyPath(id), { method: "PATCH", body: { name } });

export const removePasskey = (id: string) => api<void>(passkeyPath(id), { method: "DELETE" });
