/** Items of a menu as they belong together: those under a heading, and those between two lines. Pure. */

interface Begins {
  /** Words above it, of the items that begin here. */
  heading?: string;
  /** A line above it. */
  divided?: boolean;
}

/** In their order; none of the groups is empty. */
export function grouped<T extends Begins>(items: readonly T[]): Array<[T, ...T[]]> {
  const groups: Array<[T, ...T[]]> = [];
  for (const item of items) {
    const last = groups.at(-1);
    if (last && !item.heading && !item.divided) last.push(item);
    else groups.push([item]);
  }
  return groups;
}
