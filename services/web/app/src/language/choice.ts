/**
 * Which language the app speaks: what was chosen in this browser, else the first of the browser's own languages that there is, else
 * English. Pure; `language` carries it out.
 */
export const LANGUAGES = ["en", "de"] as const;
export type Language = (typeof LANGUAGES)[number];

/** What each is called by those who speak it. */
// not a text: the same whatever is spoken
export const NAMES: Record<Language, string> = { en: "English", de: "Deutsch" };

/** Figures and dates of English without a country are written as in most countries that are not the United States. */
const PLAIN: Record<Language, string> = { en: "en-GB", de: "de-DE" };

const baseOf = (tag: string) => tag.toLowerCase().split("-")[0];

export function isLanguage(tag: unknown): tag is Language {
  return LANGUAGES.some((language) => language === tag);
}

export function languageFor(chosen: string | null, browser: readonly string[]): Language {
  if (isLanguage(chosen)) return chosen;
  return browser.map(baseOf).find(isLanguage) ?? "en";
}

/** Browsers also tell tags that are none, such as "en-US@posix" on a system without a language: `Intl` throws at them. */
function isTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

/** The tag that figures, dates and lists are written by: the reader's own country where the browser tells it ("de-CH"). */
export function tagFor(language: Language, browser: readonly string[]): string {
  return (
    browser.find((tag) => tag.includes("-") && baseOf(tag) === language && isTag(tag)) ?? PLAIN[language]
  );
}
