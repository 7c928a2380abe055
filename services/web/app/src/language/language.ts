/**
 * The language that the app speaks now. It is set before anything is shown, so that no other one flashes up, and a change is told to
 * whoever has subscribed. The choice is kept in this browser where that can keep something, and other tabs follow it.
 *
 * English texts are in the code. Another language's are fetched by parts; what could not be fetched is said in English.
 */
import { i18n } from "@lingui/core";
import { CATALOGUES, type Part } from "./catalogues";
import { isLanguage, type Language, languageFor, tagFor } from "./choice";

const KEY = "language";

/** Parts that something on the page has asked for: a change of the language needs them all. */
const wanted = new Set<Part>();
const fetched = new Map<string, Promise<void>>();
/** What is there, or cannot be had. */
const settled = new Set<string>();
let asked: Language = "en";
/** The browser's own languages; none before the start, as in unit tests. */
let browser: readonly string[] = [];

i18n.loadAndActivate({ locale: "en", messages: {} });

function kept(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function keep(language: Language): void {
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // A browser that keeps nothing has its own language again the next time.
  }
}

function fetchPart(language: Language, part: Part): Promise<void> {
  if (language === "en") return Promise.resolve();
  const id = `${language} ${part}`;
  const known = fetched.get(id);
  if (known) return known;
  const answer = CATALOGUES[language][part]().then(
    ({ messages }) => {
      settled.add(id);
      i18n.load(language, messages);
    },
    (error: unknown) => {
      fetched.delete(id);
      console.error(error);
      settled.add(id);
      // Who waits for it hears of it.
      i18n.load(language, {});
    },
  );
  fetched.set(id, answer);
  return answer;
}

async function speak(next: Language): Promise<void> {
  asked = next;
  await Promise.all([...wanted].map((part) => fetchPart(next, part)));
  // Another one may have been chosen meanwhile.
  if (asked !== next) return;
  document.documentElement.lang = next;
  i18n.activate(next, tagFor(next, browser));
}

export const language = {
  get: (): Language => (isLanguage(i18n.locale) ? i18n.locale : "en"),
  subscribe: (heard: () => void): (() => void) => i18n.on("change", heard),

  /** Settles when the page can be shown, which needs `parts`. */
  async start(parts: Part[]): Promise<void> {
    for (const part of parts) wanted.add(part);
    browser = navigator.languages;
    const again = () => speak(languageFor(kept(), browser));
    // No key: all of them were cleared.
    window.addEventListener("storage", ({ key, newValue }) => {
      if (key === KEY || key === null) void speak(languageFor(newValue, browser));
    });
    // A page that the browser kept as it was heard of no choice meanwhile.
    window.addEventListener("pageshow", ({ persisted }) => void (persisted && again()));
    await again();
  },

  choose(next: Language): void {
    keep(next);
    void speak(next);
  },

  /** Whether nothing of that part is said in English that will be said otherwise in a moment. */
  has: (part: Part): boolean => language.get() === "en" || settled.has(`${language.get()} ${part}`),

  /** Texts that the first view did not need. Settles even where they cannot be had. */
  async add(parts: Part[]): Promise<void> {
    for (const part of parts) wanted.add(part);
    await Promise.all(parts.map((part) => fetchPart(asked, part)));
  },
};

/** The tag for `Intl`. */
export const tag = (): string => tagFor(language.get(), browser);
