/** Which settings are shown, and in which order. */
import type { Setting } from "../../api/admin";

/** Whether the operator set it otherwise than it is by itself. What is nothing by itself is there only because it had to be set. */
export const isSet = ({ value, default: usual }: Setting): boolean => usual !== null && value !== usual;

/** Those whose key has every word of `typed`; what was set comes first, else by key as the service gives them. */
export function inOrder(items: Setting[], typed: string): Setting[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const found = items.filter(({ key }) => words.every((word) => key.includes(word)));
  return [...found.filter(isSet), ...found.filter((setting) => !isSet(setting))];
}
