/** Languages that a channel can be in (BCP 47), by their names in the language of the app. */
import { tag } from "../language/language";

const LANGUAGES = [
  ..."ar bg bn ca cs da de el en es fa fi fil fr he hi hr hu id it ja ko ms nb nl pl pt pt-BR ro ru sk".split(
    " ",
  ),
  ..."sv th tr uk vi zh-Hans zh-Hant".split(" "),
];

export function languageName(of: string): string {
  try {
    return new Intl.DisplayNames([tag()], { type: "language" }).of(of) ?? of;
  } catch {
    return of;
  }
}

/** All of them, by name. */
export function languageList(): { tag: string; name: string }[] {
  return LANGUAGES.map((of) => ({ tag: of, name: languageName(of) })).sort((a, b) =>
    a.name.localeCompare(b.name, tag()),
  );
}
