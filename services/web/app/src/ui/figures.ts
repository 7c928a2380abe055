/** Numbers and times as people read them. Locale-aware; pure but for the locale. */

const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });

export function count(n: number): string {
  return n < 10_000 ? new Intl.NumberFormat().format(n) : compact.format(n);
}

export function viewers(n: number): string {
  return `${count(n)} ${n === 1 ? "viewer" : "viewers"}`;
}

/** 2 534 000 → "2.53 Mbit/s"; below one million in kbit/s. */
export function bitrate(bps: number): string {
  if (bps >= 1_000_000) return `${(bps / 1_000_000).toFixed(2)} Mbit/s`;
  return `${Math.round(bps / 1_000)} kbit/s`;
}

/** "30 fps", "29.9 fps"; null for none. */
export function fps(value: number | undefined): string | null {
  if (!value) return null;
  return `${Number.isInteger(value) ? value : value.toFixed(1)} fps`;
}

/** Time since `iso` as 1:02:03. */
export function clockSince(iso: string, now: number): string {
  const total = Math.max(0, Math.floor((now - Date.parse(iso)) / 1_000));
  if (!Number.isFinite(total)) return "";
  const h = Math.floor(total / 3600);
  const m = Math.floor((total % 3600) / 60);
  const s = total % 60;
  const two = (n: number) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** 3 720 → "1 h 2 min"; below a minute in seconds, from a hundred hours on without minutes. */
export function duration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  if (total < 60) return `${total} s`;
  const minutes = Math.round(total / 60);
  const [h, m] = [Math.floor(minutes / 60), minutes % 60];
  if (h === 0) return `${m} min`;
  return h >= 100 || m === 0 ? `${new Intl.NumberFormat().format(h)} h` : `${h} h ${m} min`;
}

/** 12.34 → "12.3"; whole numbers as they are. */
export function average(n: number): string {
  return new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 }).format(n);
}

/** "Sat, 28 Nov 2026, 19:14", on the reader's own clocks. */
export function moment(iso: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  }).format(new Date(iso));
}

/** "just now", "2 minutes ago", "3 days ago". */
export function ago(iso: string, now: number): string {
  const seconds = Math.max(0, (now - Date.parse(iso)) / 1_000);
  if (!Number.isFinite(seconds) || seconds < 45) return "just now";
  const format = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  if (seconds < 3_000) return format.format(-Math.round(seconds / 60), "minute");
  if (seconds < 80_000) return format.format(-Math.round(seconds / 3_600), "hour");
  return format.format(-Math.round(seconds / 86_400), "day");
}

const OTHER_CODECS: Record<string, string> = {
  hvc1: "HEVC",
  hev1: "HEVC",
  av01: "AV1",
  vp09: "VP9",
  opus: "Opus",
};

/** `avc1.64001f,mp4a.40.2` → "H.264 High, AAC"; unknown ones as they are. */
export function codecNames(codecs: string): string {
  return codecs
    .split(",")
    .map((c) => c.trim())
    .filter(Boolean)
    .map((codec) => {
      const [family, rest = ""] = codec.split(".");
      if (family === "avc1" || family === "avc3") {
        const profile = { "42": "Baseline", "4d": "Main", "64": "High", "6e": "High 10" }[
          rest.slice(0, 2).toLowerCase()
        ];
        return profile ? `H.264 ${profile}` : "H.264";
      }
      if (family === "mp4a") return "AAC";
      const other = family && OTHER_CODECS[family.toLowerCase()];
      if (other) return other;
      return codec;
    })
    .join(", ");
}
