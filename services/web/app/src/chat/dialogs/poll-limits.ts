/** How long a poll's texts may be, as the server takes them. Pure. */
import { t } from "@lingui/core/macro";

/** Characters, as the server counts them: code points. */
export const LONGEST_QUESTION = 140;
export const LONGEST_ANSWER = 60;

/** What is wrong with a text of at most so many characters, and how much of it. */
export function tooLong(text: string, most: number): string | undefined {
  const over = [...text.trim()].length - most;
  return over > 0 ? t`At most ${most} characters. Take ${over} away.` : undefined;
}
