/** The pictures of OBS, by language. Their sizes are in pixels, two for each point. */
import type { Language } from "../../language/choice";
import outputDe from "./pictures/output.de.webp";
import outputEn from "./pictures/output.en.webp";
import startDe from "./pictures/start.de.webp";
import startEn from "./pictures/start.en.webp";
import streamDe from "./pictures/stream.de.webp";
import streamEn from "./pictures/stream.en.webp";
import videoDe from "./pictures/video.de.webp";
import videoEn from "./pictures/video.en.webp";

interface Shot {
  src: string;
  width: number;
  height: number;
}

export type ShotName = "stream" | "output" | "video" | "start";

export const SHOTS: Record<ShotName, Record<Language, Shot>> = {
  stream: {
    en: { src: streamEn, width: 1376, height: 380 },
    de: { src: streamDe, width: 1656, height: 380 },
  },
  output: {
    en: { src: outputEn, width: 1376, height: 1196 },
    de: { src: outputDe, width: 1656, height: 1196 },
  },
  video: {
    en: { src: videoEn, width: 1376, height: 380 },
    de: { src: videoDe, width: 1656, height: 380 },
  },
  start: {
    en: { src: startEn, width: 400, height: 444 },
    de: { src: startDe, width: 400, height: 444 },
  },
};
