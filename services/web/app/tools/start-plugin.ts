/**
 * Lets the built page run `theme.js` before it is shown, then `start.js`, and the app when that says so; its code is fetched at once. In
 * development the app runs at once.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { minifySync, type Plugin } from "vite";

/** The app's script, as the build puts it into the page. */
const APP = /<script type="module" crossorigin src="(\/assets\/[^"]+)"><\/script>/g;
/** What the page begins with; browsers look for it in its first 1,024 bytes alone. */
const FIRST = '<meta charset="utf-8" />';

interface Script {
  fileName: string;
  source: string;
}

/** A file of this folder, made small. */
function small(name: string, module: boolean): Script {
  const written = readFileSync(fileURLToPath(new URL(`${name}.js`, import.meta.url)), "utf8");
  const { code: source, errors } = minifySync(`${name}.js`, written, { module });
  if (errors.length > 0) throw new Error(`${name}.js: ${errors[0]?.message}`);
  const hash = createHash("sha256").update(source).digest("base64url").slice(0, 8);
  return { fileName: `assets/${name}-${hash}.js`, source };
}

export function start(): Plugin {
  const [theme, begin] = [small("theme", false), small("start", true)];
  return {
    name: "start",
    apply: "build",
    generateBundle() {
      for (const script of [theme, begin]) this.emitFile({ type: "asset", ...script });
    },
    transformIndexHtml: {
      order: "post",
      handler(html) {
        const found = [...html.matchAll(APP)];
        if (found.length !== 1) throw new Error(`${found.length} scripts in index.html, one is expected`);
        if (!html.includes(FIRST)) throw new Error(`index.html has no ${FIRST}`);
        return html
          .replace(FIRST, `${FIRST}\n    <script src="/${theme.fileName}"></script>`)
          .replace(
            APP,
            (_, app) =>
              `<script type="module" crossorigin src="/${begin.fileName}"></script>\n    <link rel="modulepreload" crossorigin href="${app}" data-app>`,
          )
          .replaceAll('<link rel="modulepreload"', '<link rel="modulepreload" fetchpriority="low"');
      },
    },
  };
}
