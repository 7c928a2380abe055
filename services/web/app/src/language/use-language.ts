/**
 * The language of now. `App` uses it and by that draws everything anew when the language changes; besides it only what React would not
 * draw again (`memo`) has to.
 */
import { useSyncExternalStore } from "react";
import type { Language } from "./choice";
import { language } from "./language";

export const useLanguage = (): Language => useSyncExternalStore(language.subscribe, language.get);
