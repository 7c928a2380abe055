/**
 * The catalogues of the languages other than English, each a chunk of its own. `first` is home and the picture with what is around it,
 * `chat` is the chat until something is opened in it, `rest` comes with whatever is loaded later, and `categories` are their names.
 */
import type { Messages } from "@lingui/core";
import type { Language } from "./choice";

type Load = () => Promise<{ messages: Messages }>;

export type Part = "first" | "chat" | "rest" | "categories";

export const CATALOGUES: Record<Exclude<Language, "en">, Record<Part, Load>> = {
  de: {
    first: () => import("../locales/de/first.po"),
    chat: () => import("../locales/de/chat.po"),
    rest: () => import("../locales/de/rest.po"),
    categories: () => import("../locales/de/categories.po"),
  },
};
