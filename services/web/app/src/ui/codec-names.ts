/** Codecs as people know them. Pure. */

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
