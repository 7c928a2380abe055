/** Whether a document of one's own data is whole. */
import { Problem } from "../../api/problem";

/** Which services did not answer. Throws `Problem` when the document was cut off on the way. */
export function missingParts(text: string): string[] {
  try {
    const { missing } = JSON.parse(text) as { missing?: unknown };
    if (Array.isArray(missing)) return missing.filter((part) => typeof part === "string");
  } catch {
    // As below.
  }
  throw new Problem(0, "cut_off", "the file was cut off on the way, try again");
}
