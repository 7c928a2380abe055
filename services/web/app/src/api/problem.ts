/**
 * Failures of API calls as sentences for people. A `Problem` carries the server's `application/problem+json`; what never
 * reached the server, or came back as something else, is turned into one as well, so that forms know a single kind.
 */
import { i18n, type MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { spanInWords } from "../chat/spans";
import { say } from "../language/say";

export interface FieldError {
  field: string;
  code: string;
  detail: string;
}

export class Problem extends Error {
  constructor(
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly errors: FieldError[] = [],
    /** Seconds to wait, from `Retry-After`. */
    readonly retryAfter: number | null = null,
    readonly requestId: string | null = null,
    /** Everything that the server said: some codes have fields of their own. */
    readonly body: Record<string, unknown> = {},
  ) {
    super(detail);
    // not a text: the name of the class
    this.name = "Problem";
  }

  /** The sentence for one form field, if the server had something to say about it. */
  field(name: string): string | undefined {
    const own = this.errors.find((e) => e.field === name);
    if (!own) return undefined;
    // Whichever row of a list it is.
    const field = own.field.replace(/\.\d+$/, "");
    return say(FIELD_SENTENCES[own.code]) ?? translated(`${field}.${own.code}`) ?? asSentence(own.detail);
  }
}

const SENTENCES: Record<string, MessageDescriptor> = {
  invalid_credentials: msg`That name and password do not match. Check both and try again.`,
  username_taken: msg`That name is taken. Try another.`,
  email_taken: msg`There is already an account with this e-mail address.`,
  registration_closed: msg`Registration is closed here. Ask the operator for an invitation.`,
  account_suspended: msg`This account is suspended. The reason is in the mail about it; if none came, ask the operator.`,
  account_closed: msg`This account is closed. Until it is erased, the link in the mail about it takes it back; if none came, ask the operator.`,
  last_admin: msg`The last admin stays one. Make another one first.`,
  mfa_required: msg`This account asks for a second factor. Sign in again.`,
  invalid_second_factor: msg`That is not right, or was used already. Try again.`,
  no_second_factor: msg`This account has no second factor.`,
  passkey_refused: msg`This passkey is not known here, or it took too long. Try again.`,
  invalid_passkey: msg`This passkey cannot be used here. Try another device.`,
  passkey_cancelled: msg`No passkey was chosen. Try again, or go another way.`,
  passkey_there: msg`This device has a passkey for your account already.`,
  invalid_link: msg`This link was used already, or is too old. Ask for a new one.`,
  invalid_invitation: msg`This invitation was used already, or is too old.`,
  admin_exists: msg`There is an admin already; this link does not work any more.`,
  forbidden: msg`This is not for you to see or do.`,
  already_verified: msg`Your address is confirmed already.`,
  reauth_required: msg`Prove that it is you first.`,
  channel_not_found: msg`There is no channel of that name.`,
  unreachable: msg`The server cannot be reached. Check your connection and try again.`,
  slow: msg`The server takes too long to answer. Try again in a moment.`,
  unsure: msg`The server did not answer in time. It may have been done all the same: look before you try again.`,
  passkey_elsewhere: msg`Passkeys work at this site's own address only.`,
  cut_off: msg`The file was cut off on the way. Try again.`,
  not_json: msg`The server gave an answer that makes no sense. Try again in a moment.`,
};

const FIELD_SENTENCES: Record<string, MessageDescriptor> = {
  username_taken: msg`That name is taken. Try another.`,
  too_common: msg`This is one of the most common passwords, which are tried first. Choose another.`,
  username_reserved: msg`That name is reserved. Try another.`,
  email_taken: msg`There is already an account with this e-mail address.`,
};

/** Upper-case start and a full stop; services write messages without either. */
export function asSentence(text: string): string {
  const trimmed = text.trim();
  if (!trimmed) return t`Something went wrong. Try again.`;
  const start = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.?!…]$/.test(start) ? start : `${start}.`;
}

/** The server's words in another language (`server-words`); undefined in English, or where it is quoted. */
export function translated(code: string): string | undefined {
  const id = `server.${code}`;
  return i18n.messages[id] && i18n._(id);
}

/** What to tell a person about a failed call. */
export function sentence(error: unknown): string {
  if (!(error instanceof Problem)) return t`Something went wrong here. Reload the page and try again.`;
  if (error.code === "rate_limited") {
    const wait = error.retryAfter && spanInWords(error.retryAfter);
    return wait
      ? t`Too many tries. Wait ${wait} and try again.`
      : t`Too many tries. Wait a moment and try again.`;
  }
  const known = say(SENTENCES[error.code]);
  if (known) return known;
  if (error.status >= 500) return t`The server has a problem. It is not you; try again in a moment.`;
  return translated(error.code) ?? asSentence(error.detail);
}

/** Reads a failed answer. Never throws. */
export async function problemOf(response: Response): Promise<Problem> {
  const wait = Number(response.headers.get("retry-after"));
  const retryAfter = Number.isFinite(wait) && wait > 0 ? Math.ceil(wait) : null;
  try {
    const body = (await response.json()) as Record<string, unknown>;
    const errors = Array.isArray(body.errors) ? (body.errors as FieldError[]) : [];
    return new Problem(
      response.status,
      typeof body.code === "string" ? body.code : "unknown",
      typeof body.detail === "string" ? body.detail : typeof body.title === "string" ? body.title : "",
      errors,
      retryAfter,
      typeof body.request_id === "string" ? body.request_id : null,
      body,
    );
  } catch {
    return new Problem(response.status, "not_json", response.statusText, [], retryAfter);
  }
}
