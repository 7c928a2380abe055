/**
 * Part of `npm run check`: nothing is said past the catalogue, every language has every text, and a translation has the placeholders,
 * tags and plural forms that its text needs.
 */
import { readdirSync, readFileSync } from "node:fs";
import { getCatalogs } from "@lingui/cli/api";
import { getConfig } from "@lingui/conf";
import { unlike } from "./catalogue.mjs";
import { literals } from "./literals.mjs";

const problems = [];

const sources = readdirSync("src", { recursive: true })
  .map((name) => `src/${name.replaceAll("\\", "/")}`)
  .filter((name) => /\.tsx?$/.test(name) && !/\.(test|d)\.ts$/.test(name))
  .sort();
const catalogues = await getCatalogs(getConfig());
const covered = new Set(
  catalogues.flatMap((catalogue) => catalogue.sourcePaths.map((path) => path.replaceAll("\\", "/"))),
);

for (const file of sources) {
  const source = readFileSync(file, "utf8");
  for (const { line, what, text } of literals(file, source))
    problems.push(`${file}:${line} ${what}: ${text}`);
  if (source.includes("@lingui/") && source.includes("/macro") && !covered.has(file))
    problems.push(`${file} has texts and is in no catalogue of lingui.config.js`);
}

let texts = 0;
for (const catalogue of catalogues) {
  const wanted = await catalogue.collect();
  if (!wanted) throw new Error(`the texts of ${catalogue.path} could not be collected`);
  texts += Object.keys(wanted).length;
  for (const language of getConfig().locales) {
    const file = catalogue.getFilename(language);
    const known = (await catalogue.read(language)) ?? {};
    for (const [id, { message }] of Object.entries(wanted)) {
      const wrong = unlike(message, known[id]?.translation ?? "", language);
      if (wrong) problems.push(`${file} “${message}” ${wrong}`);
    }
    for (const [id, { message, obsolete }] of Object.entries(known))
      if (obsolete || !wanted[id])
        problems.push(`${file} “${message}” is said nowhere any more (npm run texts)`);
  }
}

if (problems.length > 0) {
  console.error(problems.join("\n"));
  console.error(`\n${problems.length} problems with texts; README, “Texts”, says how they are written.`);
  process.exit(1);
}
console.log(`${texts} texts, each in English and ${getConfig().locales.join(", ")}.`);
