/** What is said where a browser can play none of the renditions. Pure. */
import { codecNames } from "../ui/figures";

/** `codecs` of each rendition. One that every browser plays means that the browser itself is too old. */
export function unplayable(codecs: string[]): { head: string; tail: string } {
  const foreign = codecs.filter((list) => /^(?!avc[13]\.)/.test(list));
  const first = foreign[0];
  if (!first || foreign.length < codecs.length) {
    return {
      head: "This browser cannot play the stream",
      tail: "Try a current Chrome, Edge, Firefox or Safari.",
    };
  }
  const video = codecNames(first).split(" ")[0]?.replace(",", "");
  return {
    head: `This browser cannot play ${video} video`,
    tail: "The broadcast comes in nothing else. Try another browser, or a phone or computer of the last years.",
  };
}
