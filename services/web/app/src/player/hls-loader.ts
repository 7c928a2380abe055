/**
 * The player's heavy half, loaded once and as early as possible: `preloadHls` is called before React starts when the
 * address is a watch page. The light build suffices, since audio is muxed into each rendition and there is no DRM.
 */
import type HlsType from "hls.js";

export type HlsClass = typeof HlsType;

let loading: Promise<HlsClass> | null = null;

export function loadHls(): Promise<HlsClass> {
  loading ??= import("hls.js/light").then(
    (module) => module.default as HlsClass,
    (error) => {
      loading = null;
      throw error;
    },
  );
  return loading;
}

export function preloadHls(): void {
  loadHls().catch(() => {
    // The engine asks again and reports.
  });
}
