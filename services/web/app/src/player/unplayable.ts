/** What is said where a browser can play none of the renditions. Pure. */
import { t } from "@lingui/core/macro";
import { codecNames } from "../ui/codec-names";

/** `codecs` of each rendition. One that every browser plays means that the browser itself is too old. */
export function unplayable(codecs: string[]): { head: string; tail: string } {
  const foreign = codecs.filter((list) => /^(?!avc[13]\.)/.test(list));
  const first = foreign[0];
  if (!first || foreign.length < codecs.length) {
    return {
      head: t`This browser cannot play the stream`,
      tail: t`Try a current Chrome, Edge, Firefox or Safari.`,
    };
  }
  const video = (codecNames(first).split(" ")[0] ?? first).replace(",", "");
  return {
    head: t`This browser cannot play ${video} video`,
    tail: t`The broadcast comes in nothing else. Try another browser, or a phone or computer of the last years.`,
  };
}
