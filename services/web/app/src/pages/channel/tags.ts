/** A channel's tags as they are typed, by the server's rules: at most ten, of 1 to 25 characters, and two that differ in case alone are one. Pure. */
import { t } from "@lingui/core/macro";

export const MOST_TAGS = 10;
/** Characters, as the server counts them: code points. */
export const LONGEST_TAG = 25;

/** Tags of a text with commas between them. */
export const tagsOf = (text: string): string[] =>
  text
    .split(",")
    .map((tag) => tag.trim())
    .filter(Boolean);

/** A tag as it is compared. */
const keyOf = (tag: string) => tag.normalize("NFKC").toLowerCase().trim().replace(/\s+/g, " ");

export interface Taken {
  tags: string[];
  /** What was not taken, to stay where it was typed. */
  left: string;
  /** Why it was not. */
  refused?: string;
}

/** The tags with those of a text. One that is there already is not taken twice. */
export function withTags(tags: readonly string[], text: string): Taken {
  const all = [...tags];
  const typed = tagsOf(text);
  for (const [n, tag] of typed.entries()) {
    if (all.some((one) => keyOf(one) === keyOf(tag))) continue;
    const refused = refusal(all, tag);
    if (refused) return { tags: all, left: typed.slice(n).join(", "), refused };
    all.push(tag);
  }
  return { tags: all, left: "" };
}

function refusal(tags: readonly string[], tag: string): string | undefined {
  if ([...tag].length > LONGEST_TAG) return t`A tag has at most ${LONGEST_TAG} characters. Shorten this one.`;
  if (tags.length >= MOST_TAGS) return t`There can be no more than ${MOST_TAGS} tags. Remove one first.`;
  return undefined;
}
