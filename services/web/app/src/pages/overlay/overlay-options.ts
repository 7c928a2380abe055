/** How an overlay looks, read from its address and written into one. Pure; what makes no sense in an address is the default. */

export const BACKGROUNDS = ["none", "dark", "light"] as const;
export interface OverlayOptions {
  /** Pixels of the text's height. */
  size: number;
  bg: (typeof BACKGROUNDS)[number];
  /** Seconds after which a line fades; 0: never. */
  fade: number;
  badges: boolean;
  /** Follows, live, new titles among the messages. */
  notices: boolean;
  /** Lines at most. */
  lines: number;
}

export const DEFAULTS: OverlayOptions = {
  size: 24,
  bg: "none",
  fade: 0,
  badges: true,
  notices: true,
  lines: 30,
};

/** Bounds, ends included. */
export const BOUNDS = { size: [10, 96], fade: [0, 3_600], lines: [1, 100] } as const;

export function readOptions(query: URLSearchParams): OverlayOptions {
  const number = (name: keyof typeof BOUNDS) => {
    const value = Number(query.get(name) ?? "x");
    const [low, high] = BOUNDS[name];
    return Number.isFinite(value) && query.get(name) !== ""
      ? Math.min(high, Math.max(low, Math.round(value)))
      : DEFAULTS[name];
  };
  const flag = (name: "badges" | "notices") => {
    const value = query.get(name);
    return value === null ? DEFAULTS[name] : !["0", "false", "no", "off"].includes(value.toLowerCase());
  };
  const bg = BACKGROUNDS.find((b) => b === query.get("bg")) ?? DEFAULTS.bg;
  return {
    size: number("size"),
    bg,
    fade: number("fade"),
    badges: flag("badges"),
    notices: flag("notices"),
    lines: number("lines"),
  };
}

/** The address, with what differs from the default. */
export function overlayPath(username: string, options: OverlayOptions): string {
  const query = new URLSearchParams();
  for (const name of ["size", "bg", "fade", "badges", "notices", "lines"] as const) {
    const value = options[name];
    if (value === DEFAULTS[name]) continue;
    query.set(name, typeof value === "boolean" ? (value ? "1" : "0") : String(value));
  }
  const text = query.toString();
  return `/overlay/${username}/chat${text ? `?${text}` : ""}`;
}
