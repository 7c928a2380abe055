/** Pages that lie over somebody's stream: nobody reads or presses anything there, and all that they say viewers see. Pure. */

/** Whether an address is that of one. */
export const isOverStream = (pathname: string): boolean => /^\/overlay\//i.test(pathname);
