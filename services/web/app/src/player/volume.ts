/** Volume and mute, remembered on this device. A browser that refuses storage simply forgets. */
import { keep, keptJson } from "../ui/kept";

const KEY = "streamly.volume";

export interface Volume {
  /** 0 to 1. */
  level: number;
  muted: boolean;
}

export function rememberedVolume(): Volume {
  const stored = keptJson("browser", KEY) as Partial<Volume> | null;
  const level = typeof stored?.level === "number" ? Math.min(1, Math.max(0, stored.level)) : 1;
  return { level, muted: stored?.muted === true };
}

export const rememberVolume = (volume: Volume) => keep("browser", KEY, JSON.stringify(volume));
