/** Languages that a channel can be in (BCP 47), by the name that the reader's browser has for them. */
export const LANGUAGES = [
  ..."ar bg bn ca cs da de el en es fa fi fil fr he hi hr hu id it ja ko ms nb nl pl pt pt-BR ro ru sk".split(
    " ",
  ),
  ..."sv th tr uk vi zh-Hans zh-Hant".split(" "),
];

export function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
