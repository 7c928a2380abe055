/**
 * What a category is called in the language of now: those that a platform begins with are translated, what admins made or renamed is called
 * as they wrote it. Until the names are there (`language.add`), and in English, a category has the name that the server gives it.
 */
import { i18n } from "@lingui/core";
import { useSyncExternalStore } from "react";
import { cut } from "../ui/cut";
import { language } from "./language";

/** Keeps the line. */
const NOT_YET = "\u00a0";

export function categoryName(name: string): string {
  return String(i18n.messages[`category.${name}`] ?? cut(name));
}

/** The same where it is shown before the names need be there: until then its place is empty, so that no other name flashes up. */
export const categoryNameNow = (name: string): string =>
  language.has("categories") ? categoryName(name) : NOT_YET;

export const useCategoryName = (name: string | null): string | null =>
  useSyncExternalStore(language.subscribe, () => name && categoryNameNow(name));
