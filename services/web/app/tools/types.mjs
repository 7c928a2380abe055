/**
 * The shapes of the platform's answers, `src/api/openapi.d.ts`, from the OpenAPI document that a running platform gives out.
 *   node tools/types.mjs ORIGIN           writes them
 *   node tools/types.mjs ORIGIN --check   ends with 1 where they are others
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const FILE = fileURLToPath(new URL("../src/api/openapi.d.ts", import.meta.url));
const HEAD = `/**
 * The shapes of the platform's answers. Made from its OpenAPI document by \`npm run types -- ORIGIN\`; not to be changed by hand.
 */
`;

/** The file's text for a platform that runs there. Operations are left out: only shapes are read here. */
export async function types(origin) {
  const answer = await fetch(new URL("/api/openapi.json", origin));
  if (!answer.ok) throw new Error(`${origin} answered ${answer.status} for its OpenAPI document`);
  const { openapi, info, components, "x-missing": missing } = await answer.json();
  if (missing) throw new Error(`${origin} cannot say all now: ${missing.join(", ")} away`);
  const byName = ([a], [b]) => (a < b ? -1 : 1);
  const schemas = Object.fromEntries(Object.entries(components.schemas).sort(byName));
  const shapes = await openapiTS(
    { openapi, info, paths: {}, components: { schemas } },
    { alphabetize: true },
  );
  return HEAD + astToString(shapes);
}

/** Whether the file is what that platform says. */
export const isCurrent = async (origin) => (await types(origin)) === (await readFile(FILE, "utf8"));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [origin, check] = process.argv.slice(2);
  if (!origin) {
    console.error("the origin of a running platform is missing, such as http://localhost:3000");
    process.exit(64);
  }
  if (check !== "--check") await writeFile(FILE, await types(origin));
  else if (!(await isCurrent(origin))) {
    console.error(`src/api/openapi.d.ts is not what ${origin} says: npm run types -- ${origin}`);
    process.exit(1);
  }
}
