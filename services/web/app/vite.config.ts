/**
 * Build and development server of the browser app.
 *
 * In development `/api`, `/ws` and `/live` are proxied to the platform named by `STREAMLY_DEV_TARGET` (default
 * `http://127.0.0.1:3000`), so the app sees one origin as in production. The output in `dist/` runs under
 * `script-src 'self'`: no inline script, no eval, hashed assets.
 */
import { fileURLToPath } from "node:url";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { brotli } from "./tools/brotli-plugin.ts";
import { offline } from "./tools/offline-plugin.ts";
import { onlyMp4 } from "./tools/only-mp4-plugin.ts";
import { start } from "./tools/start-plugin.ts";
import { texts } from "./tools/texts-plugin.ts";

const target = process.env.STREAMLY_DEV_TARGET ?? "http://127.0.0.1:3000";
const proxy = {
  "/api": { target, changeOrigin: false },
  "/live": { target, changeOrigin: false },
  "/ws": { target, ws: true },
};

/** The parser of captions, which hls.js' light build leaves out. */
const CAPTIONS = "hls.js/src/utils/cea-608-parser";

/** What every page needs and few releases change: chunks of their own, which browsers keep when ours changes, and no one long step to run. */
const DRAWING = /node_modules[\\/](react|react-dom|scheduler)[\\/]/;
/** Of TanStack Query not what only pages of long lists need. */
const VENDOR =
  /node_modules[\\/](react-router|@lingui|@tanstack[\\/](?!.*(?:infinite|useQueries|queriesObserver)))/i;
/** What the app and the page without a network share. */
const BASE =
  /src[\\/](api[\\/](client|problem|spans)|language[\\/](language|say|lazily)|ui[\\/]hue)|lucide-react[\\/]dist[\\/]esm[\\/](createLucideIcon|Icon|context|defaultAttributes|shared)/;

const CHUNKS = [
  { name: "drawing", test: DRAWING, priority: 3 },
  { name: "vendor", test: VENDOR, priority: 2 },
  { name: "base", test: BASE, priority: 1 },
];

export default defineConfig({
  plugins: [texts(), react(), tailwind(), onlyMp4(), start(), offline(), brotli()],
  // Its source is in the package, and not among what the package names.
  resolve: { alias: { [CAPTIONS]: fileURLToPath(new URL(`node_modules/${CAPTIONS}.ts`, import.meta.url)) } },
  build: {
    target: "es2022",
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
    rolldownOptions: { output: { codeSplitting: { groups: CHUNKS } } },
  },
  test: { include: ["src/**/*.test.ts", "tools/**/*.test.mjs"], setupFiles: ["src/language/for-tests.ts"] },
  server: { proxy },
  preview: { proxy },
});
