/** What signing in and registering ask for, and what is wrong with an answer before the server is asked. Pure. */

import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import type { InputHTMLAttributes } from "react";
import { say } from "../language/say";

export interface AccountField {
  /** Its name in problems of the server. */
  name: "login" | "username" | "email" | "password";
  label: MessageDescriptor;
  /** Said when it was left empty. */
  missing: MessageDescriptor;
  hint?: (typed: string) => string;
  /** Said while typing. */
  wrong?: (typed: string) => string | undefined;
  input: InputHTMLAttributes<HTMLInputElement> & { "data-testid": string };
}

export type Answers = Partial<Record<AccountField["name"], string>>;

const NAME_INPUT = { name: "username", autoComplete: "username", autoCapitalize: "none", spellCheck: false };

export const SIGN_IN: AccountField[] = [
  {
    name: "login",
    label: msg`User name or e-mail`,
    missing: msg`Type your user name or e-mail address.`,
    input: { ...NAME_INPUT, "data-testid": "login-name" },
  },
  {
    name: "password",
    label: msg`Password`,
    missing: msg`Type your password.`,
    input: {
      name: "password",
      type: "password",
      autoComplete: "current-password",
      "data-testid": "login-password",
    },
  },
];

export const REGISTER: AccountField[] = [
  {
    name: "username",
    label: msg`User name`,
    missing: msg`Choose a user name: 3 to 25 letters, digits or _.`,
    hint: (typed) => {
      const page = `${location.host}/${typed.toLowerCase() || t`name`}`;
      return t`3 to 25 letters, digits or _. Your page: ${page}`;
    },
    wrong: (typed) => (/^[a-z0-9_]*$/i.test(typed.trim()) ? undefined : t`Only letters, digits and _.`),
    input: { ...NAME_INPUT, maxLength: 25, "data-testid": "register-username" },
  },
  {
    name: "email",
    label: msg`E-mail`,
    missing: msg`Type your e-mail address.`,
    hint: () => t`Only for you; nobody else sees it.`,
    input: { name: "email", type: "email", autoComplete: "email", "data-testid": "register-email" },
  },
  {
    name: "password",
    label: msg`Password`,
    missing: msg`Choose a password of at least 8 characters.`,
    hint: () => t`At least 8 characters.`,
    input: {
      name: "password",
      type: "password",
      autoComplete: "new-password",
      minLength: 8,
      maxLength: 128,
      "data-testid": "register-password",
    },
  },
];

/** What is missing, by field; empty when everything was answered. A password may be made of spaces. */
export function missing(fields: AccountField[], answers: Answers): Answers {
  const out: Answers = {};
  for (const field of fields) {
    const answer = answers[field.name] ?? "";
    if ((field.name === "password" ? answer : answer.trim()) === "") out[field.name] = say(field.missing);
  }
  return out;
}
