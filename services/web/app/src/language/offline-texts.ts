/**
 * The texts of the page without a network, of every language at once: they travel with that page, for where it is shown nothing can be
 * fetched. Four sentences a language.
 */
import { i18n, type Messages } from "@lingui/core";
import { messages as de } from "../locales/de/offline.po";
import type { Language } from "./choice";

const TEXTS: Record<Exclude<Language, "en">, Messages> = { de };

export function loadOfflineTexts(): void {
  i18n.load(TEXTS);
}
