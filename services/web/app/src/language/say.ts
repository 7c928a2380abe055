/** A text of a table (`msg`) in the language of now. Texts in functions are said by `t` where they stand. */
import { i18n, type MessageDescriptor } from "@lingui/core";

export function say(text: MessageDescriptor): string;
export function say(text: MessageDescriptor | undefined): string | undefined;
export function say(text: MessageDescriptor | undefined): string | undefined {
  return text && i18n._(text);
}
