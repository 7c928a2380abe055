/** Volume and mute, remembered on this device. A browser that refuses storage simply forgets. */

const KEY = "streamly.volume";

export interface Volume {
  /** 0 to 1. */
  level: number;
  muted: boolean;
}

export function rememberedVolume(): Volume {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "null") as Partial<Volume> | null;
    const level = typeof stored?.level === "number" ? Math.min(1, Math.max(0, stored.level)) : 1;
    return { level, muted: stored?.muted === true };
  } catch {
    return { level: 1, muted: false };
  }
}

export function rememberVolume(volume: Volume): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(volume));
  } catch {
    // Storage is full or refused.
  }
}
