/**
 * The language in which an account is written to: mails, pushes. The app goes by its browser; what somebody chooses who is signed in is
 * told to the account as well. Best effort: what could not be told is told with the next choice, and nobody is bothered with it who did not
 * ask for just that.
 */
import { useEffect } from "react";
import { writeLanguage } from "../api/account";
import type { User } from "../api/contract";
import type { Language } from "../language/choice";
import { language } from "../language/language";
import { session } from "./session";

/** One after the other: the last choice is the one that stays. */
let telling: Promise<unknown> = Promise.resolve();

/** Fails where the account could not be told. */
export function writeIn(next: Language): Promise<unknown> {
  const told = telling.then(() => writeLanguage(next)).then(({ user }) => session.know(user));
  telling = told.catch(() => {});
  return told;
}

const tell = (next: Language) => writeIn(next).catch(() => {});

/** Speaks that language here, and writes to the account in it. */
export function chooseLanguage(next: Language): Promise<unknown> {
  language.choose(next);
  return tell(next);
}

/** An account that never said its language, since it is older than the question, says the one that the app speaks with it. */
export function useLanguageSaid({ language: said }: User): void {
  const silent = said === null;
  useEffect(() => {
    if (silent) void tell(language.get());
  }, [silent]);
}
