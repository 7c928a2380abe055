/** Lets the built page run `start.js` first, and the app when that says so; its code is fetched at once. In development the app runs at once. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { minifySync, type Plugin } from "vite";

/** The app's script, as the build puts it into the page. */
const APP = /<script type="module" crossorigin src="(\/assets\/[^"]+)"><\/script>/g;

export function start(): Plugin {
  const written = readFileSync(fileURLToPath(new URL("start.js", import.meta.url)), "utf8");
  const { code: source, errors } = minifySync("start.js", written, { module: true });
  if (errors.length > 0) throw new Error(`start.js: ${errors[0]?.message}`);
  const fileName = `assets/start-${createHash("sha256").update(source).digest("base64url").slice(0, 8)}.js`;
  return {
    name: "start",
    apply: "build",
    generateBundle() {
      this.emitFile({ type: "asset", fileName, source });
    },
    transformIndexHtml: {
      order: "post",
      handler(html) {
        const found = [...html.matchAll(APP)];
        if (found.length !== 1) throw new Error(`${found.length} scripts in index.html, one is expected`);
        return html
          .replace(
            APP,
            (_, app) =>
              `<script type="module" crossorigin src="/${fileName}"></script>\n    <link rel="modulepreload" crossorigin href="${app}" data-app>`,
          )
          .replaceAll('<link rel="modulepreload"', '<link rel="modulepreload" fetchpriority="low"');
      },
    },
  };
}
