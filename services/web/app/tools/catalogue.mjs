/** Whether a translation fits its text: the same placeholders and tags, and in each plural the forms that its language has. Pure. */
import { compileMessageOrThrow } from "@lingui/message-utils/compileMessage";

/** What a text is made of besides words: `{name}`, `<0>`, and plurals with their forms. */
function parts(message) {
  const found = { names: new Set(), plurals: [] };
  const read = (tokens) => {
    for (const token of tokens) {
      if (typeof token === "string") {
        for (const [tag] of token.matchAll(/<\/?\d+\/?>/g)) found.names.add(tag);
        continue;
      }
      const [name, kind, forms] = token;
      // `plural` puts the same figure in under a name of its own for each form, so a form may lack it.
      if (!kind) found.names.add(`{${name}}`);
      else if (typeof forms === "object") {
        found.names.add(`{${name}}`);
        found.plurals.push({ name, kind, forms: Object.keys(forms).filter((form) => form !== "offset") });
        for (const form of Object.values(forms)) if (Array.isArray(form)) read(form);
      } else found.names.add(`{${name}, ${kind}}`);
    }
  };
  read(compileMessageOrThrow(message));
  return found;
}

/** What is wrong with `translation` of `message`, or null. */
export function unlike(message, translation, language) {
  if (!translation.trim()) return "is missing";
  let own;
  try {
    own = parts(translation);
  } catch (error) {
    return `cannot be read: ${error.message.split("\n")[0]}`;
  }
  const wanted = parts(message);
  const lacks = [...wanted.names].filter((name) => !own.names.has(name));
  const strange = [...own.names].filter((name) => !wanted.names.has(name));
  if (lacks.length > 0) return `lacks ${lacks.join(" ")}`;
  if (strange.length > 0) return `has ${strange.join(" ")}, which its text has not`;
  const has = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  for (const { name, kind, forms } of own.plurals) {
    if (kind !== "plural") continue;
    const only = wanted.plurals.find((plural) => plural.name === name)?.forms;
    // A text for one form alone (`other`) is for figures that are never one.
    const missing = only?.length === 1 ? [] : has.filter((form) => !forms.includes(form));
    if (missing.length > 0) return `has no form for ${missing.join(", ")} of {${name}}`;
  }
  return null;
}
