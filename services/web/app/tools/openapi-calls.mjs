/** The calls of an OpenAPI document: as what types are made of, and as lines that a test reads. Pure. */

const METHODS = ["get", "put", "post", "delete", "patch"];
const HEAD = `# The platform's calls, with the parameters of their queries and the fields of their bodies; "!": has to be there, "*": whatever there is,
# "file": a body that is no JSON. Made from its OpenAPI document by \`npm run types -- ORIGIN\`; not to be changed by hand.
`;

const inOrder = (paths) => Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1));

/**
 * The paths with what types are made of: what is asked for and sent, and what comes back when all is well. Without the names of operations,
 * which services share though they have to be the document's only ones, and without words.
 */
export function callsOf(paths) {
  const asked = ({ name, in: place, required, schema }) => ({
    name,
    in: place,
    required: required ?? place === "path",
    schema: schema ?? {},
  });
  const answered = ({ content }) => ({ description: "", ...(content && { content }) });
  const sent = ({ content, required }) => ({ content, required: required ?? false });
  const kept = ({ parameters = [], requestBody, responses = {} }) => {
    const well = Object.entries(responses).filter(([status]) => status.startsWith("2"));
    return {
      parameters: parameters.map(asked),
      ...(requestBody && { requestBody: sent(requestBody) }),
      responses: Object.fromEntries(well.map(([status, answer]) => [status, answered(answer)])),
    };
  };
  const callsAt = (item) =>
    Object.fromEntries(
      METHODS.filter((method) => item[method]).map((method) => [method, kept(item[method])]),
    );
  return Object.fromEntries(inOrder(paths).map(([path, item]) => [path, callsAt(item)]));
}

/** A line for each call, such as `POST /api/auth/login {login!,password!}`. */
export function callLines(paths, schemas) {
  const lines = inOrder(paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => lineOf(method, path, item[method], schemas)),
  );
  return `${HEAD}${lines.join("\n")}\n`;
}

function lineOf(method, path, { parameters = [], requestBody }, schemas) {
  const asked = parameters.filter((parameter) => parameter.in === "query");
  const query = listed(asked.map(({ name, required }) => [name, required === true]));
  const parts = [method.toUpperCase(), path];
  if (query) parts.push(`?${query}`);
  if (requestBody) parts.push(bodyOf(requestBody.content?.["application/json"]?.schema, schemas));
  return parts.join(" ");
}

function bodyOf(schema, schemas) {
  if (!schema) return "file";
  const fields = fieldsOf(schema, schemas);
  return `{${fields ? listed([...fields]) : "*"}}`;
}

const listed = (names) =>
  names
    .map(([name, required]) => (required ? `${name}!` : name))
    .sort()
    .join(",");

/** Names of fields, and whether they have to be there; null: any. */
function fieldsOf(schema, schemas) {
  if (schema.$ref) return fieldsOf(schemas[schema.$ref.split("/").at(-1)], schemas);
  const parts = schema.allOf ?? schema.oneOf ?? schema.anyOf;
  const required = (name) => schema.required?.includes(name) ?? false;
  const own = new Map(Object.keys(schema.properties ?? {}).map((name) => [name, required(name)]));
  if (!parts) return schema.properties ? own : null;
  // What may be left out whole has its fields when it is there.
  const all = parts.filter(({ type }) => type !== "null").map((part) => fieldsOf(part, schemas));
  if (all.includes(null)) return null;
  const names = new Set([...own.keys(), ...all.flatMap((part) => [...part.keys()])]);
  const some = schema.allOf ? "some" : "every";
  const has = (name) => all[some]((part) => part.get(name));
  return new Map([...names].map((name) => [name, required(name) || has(name) === true]));
}
