/** Names and order of what the quality menu offers. Pure. */
import { t } from "@lingui/core/macro";
import type { Rendition } from "../api/contract";
import { declared } from "./cost";

export interface Quality {
  /** Index in hls.js' own order. */
  index: number;
  /** CONTRACT's rendition name, or the height where the playlist does not tell. */
  name: string;
  height: number;
  /** Bit/s that it needs at most, by the list. */
  bitrate: number;
}

interface LevelLike {
  name?: string | undefined;
  url?: string[] | string | undefined;
  height?: number | undefined;
  bitrate?: number | undefined;
}

/** `/live/b/{broadcast}/{rendition}/index.m3u8` carries the rendition's name. */
const RENDITION_IN_URL = /\/live\/b\/[^/]+\/([^/?]+)\//;

export function qualities(levels: LevelLike[]): Quality[] {
  const list = levels.map((level, index) => {
    const url = Array.isArray(level.url) ? (level.url[0] ?? "") : (level.url ?? "");
    const height = level.height ?? 0;
    const number = index + 1;
    const fromUrl = RENDITION_IN_URL.exec(url)?.[1];
    const name = level.name || fromUrl || (height ? `${height}p` : t`Level ${number}`);
    return { index, name, height, bitrate: declared(level) };
  });
  const rank = (q: Quality) => (q.name === "source" ? Number.POSITIVE_INFINITY : q.height * 1e9 + q.bitrate);
  return list.sort((a, b) => rank(b) - rank(a) || b.index - a.index);
}

/** What of a rendition is read here; the broadcast's are pushed. */
export type Sized = Pick<Rendition, "name" | "height">;

/** Its lines as they are now: an encoder may change its size, and hls.js keeps what the first list said. */
export function linesOf({ name, height }: Quality, renditions: readonly Sized[]): number {
  return renditions.find((rendition) => rendition.name === name)?.height || height;
}

/** `source` → "Source (720p)"; others as they are. */
export function qualityLabel(quality: Quality, renditions: readonly Sized[]): string {
  if (quality.name !== "source") return quality.name;
  const lines = linesOf(quality, renditions);
  return lines ? t`Source (${lines}p)` : t`Source`;
}
