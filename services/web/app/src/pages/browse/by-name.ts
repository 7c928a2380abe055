/** Categories in the order of the names that their readers have for them. */
import type { Category } from "../../api/channels";
import { categoryName } from "../../language/category-name";
import { tag } from "../../language/language";

export function byName(categories: readonly Category[]): Category[] {
  return [...categories].sort((a, b) => categoryName(a.name).localeCompare(categoryName(b.name), tag()));
}
