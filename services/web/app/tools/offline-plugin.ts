/**
 * Names in `index.html` what the page without a network needs beyond the first load, so that `public/shell-sw.js`, which keeps whatever the
 * page names, has it before the network goes. Nothing of it is fetched by the page itself.
 */
import type { Plugin } from "vite";

const PAGE = "/src/frame/offline.tsx";

export function offline(): Plugin {
  return {
    name: "offline",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle = {} }) {
        const needed = new Set<string>();
        const need = (file: string) => {
          const chunk = bundle[file];
          if (chunk?.type !== "chunk" || needed.has(file) || html.includes(`/${file}"`)) return;
          needed.add(file);
          chunk.imports.forEach(need);
        };
        const page = Object.values(bundle).find(
          (chunk) => chunk.type === "chunk" && chunk.facadeModuleId?.replaceAll("\\", "/").endsWith(PAGE),
        );
        if (!page) throw new Error(`${PAGE} is no chunk of its own`);
        need(page.fileName);
        const content = [...needed].map((file) => `/${file}`).join(" ");
        return [{ tag: "meta", attrs: { name: "without-network", content }, injectTo: "head" }];
      },
    },
  };
}
