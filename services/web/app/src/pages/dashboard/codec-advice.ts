/** Advice on a codec that not every viewer's browser plays. Pure. */
import type { Rendition } from "../../api/contract";
import { codecNames } from "../../ui/figures";
import type { Advice } from "./coach";

/** H.264 with AAC: what every browser plays. */
const EVERYWHERE = /^avc[13]\.[^,]*(,mp4a\.[^,]*)?$/;

/** Renditions beside the source are H.264; without one, a viewer whose browser lacks the source's codec sees nothing. */
export function codecAdvice(renditions: Rendition[]): Advice[] {
  const codecs = renditions.map((rendition) => rendition.codecs).filter(Boolean);
  if (codecs.length === 0 || codecs.some((list) => EVERYWHERE.test(list))) return [];
  return [
    {
      grave: true,
      text: `Viewers get ${codecNames(codecs[0] ?? "")} alone, which not every browser plays: this server makes no H.264 of it. Choose H.264 and AAC in OBS, Settings → Output, or ask the operator for a decoder.`,
    },
  ];
}
