/** What of a refusal is said where in a form. */
import { Problem, sentence } from "./problem";

/** What each field is told, and what the whole form is told when none of its fields is meant. */
export function told(
  error: unknown,
  fields: string[],
): { of: (field: string) => string | undefined; form: string | null } {
  const of = (field: string) => (error instanceof Problem ? error.field(field) : undefined) || undefined;
  const form = error && !fields.some((field) => of(field)) ? sentence(error) : null;
  return { of, form };
}
