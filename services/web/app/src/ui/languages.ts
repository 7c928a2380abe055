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

type Named = { tag: string; name: string };

/** By the tag in whose language they are named: lists are drawn again with each letter that somebody types beside them. */
const lists = new Map<string, Named[]>();

/** All of them, by name. */
export function languageList(): Named[] {
  const own = tag();
  const list =
    lists.get(own) ??
    LANGUAGES.map((of) => ({ tag: of, name: languageName(of) })).sort((a, b) =>
      a.name.localeCompare(b.name, own),
    );
  lists.set(own, list);
  return list;
}
