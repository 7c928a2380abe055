/**
 * What the app is checked against, from the OpenAPI document that a running platform gives out: the types of its calls and shapes,
 * `src/api/openapi.d.ts`, and its calls as lines, `src/api/openapi-calls.txt`.
 *   node tools/types.mjs ORIGIN           writes them
 *   node tools/types.mjs ORIGIN --check   ends with 1 where they are others
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";
import { callLines, callsOf } from "./openapi-calls.mjs";

const TYPES = "openapi.d.ts";
const CALLS = "openapi-calls.txt";
const HEAD = `/**
 * The platform's calls and the shapes of its answers. Made from its OpenAPI document by \`npm run types -- ORIGIN\`; not to be changed by hand.
 */
`;

const fileOf = (name) => fileURLToPath(new URL(`../src/api/${name}`, import.meta.url));

/** The files' texts for a platform that runs there, by name. */
export async function types(origin) {
  const answer = await fetch(new URL("/api/openapi.json", origin));
  if (!answer.ok) throw new Error(`${origin} answered ${answer.status} for its OpenAPI document`);
  const { openapi, info, paths, components, "x-missing": missing } = await answer.json();
  if (missing) throw new Error(`${origin} cannot say all now: ${missing.join(", ")} away`);
  const byName = ([a], [b]) => (a < b ? -1 : 1);
  const schemas = Object.fromEntries(Object.entries(components.schemas).sort(byName));
  const lines = callLines(paths, schemas);
  const shapes = await openapiTS(
    { openapi, info, paths: callsOf(paths), components: { schemas } },
    { alphabetize: true, emptyObjectsUnknown: true, silent: true },
  );
  return { [TYPES]: HEAD + astToString(shapes), [CALLS]: lines };
}

/** Whether the files are what that platform says. */
export async function isCurrent(origin) {
  const texts = Object.entries(await types(origin));
  const kept = await Promise.all(texts.map(([name]) => readFile(fileOf(name), "utf8").catch(() => null)));
  return texts.every(([, text], n) => text === kept[n]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [origin, check] = process.argv.slice(2);
  if (!origin) {
    console.error("the origin of a running platform is missing, such as http://localhost:3000");
    process.exit(64);
  }
  if (check !== "--check") {
    for (const [name, text] of Object.entries(await types(origin))) await writeFile(fileOf(name), text);
  } else if (!(await isCurrent(origin))) {
    console.error(`src/api/${TYPES} or ${CALLS} is not what ${origin} says: npm run types -- ${origin}`);
    process.exit(1);
  }
}
