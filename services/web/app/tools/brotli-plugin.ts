/**
 * Writes each text file of the build a second time, compressed by Brotli as far as it goes, which takes longer than a server has. `web` gives
 * it to browsers that take it (all do, over HTTPS): a seventh less than gzip.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import type { Plugin } from "vite";

/** Smaller files are not worth it, bytes: as in `web`. */
const FROM = 1024;
const TEXTS = /\.(?:js|css|svg)$/;
const compress = promisify(brotliCompress);

export function brotli(): Plugin {
  return {
    name: "brotli",
    apply: "build",
    enforce: "post",
    async writeBundle({ dir = "dist" }) {
      const folder = join(dir, "assets");
      const files = (await readdir(folder)).filter((file) => TEXTS.test(file));
      await Promise.all(
        files.map(async (file) => {
          const plain = await readFile(join(folder, file));
          if (plain.length < FROM) return;
          const params = { [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
          await writeFile(join(folder, `${file}.br`), await compress(plain, { params }));
        }),
      );
    },
  };
}
