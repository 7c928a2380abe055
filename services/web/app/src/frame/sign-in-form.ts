/** Pages of signing in and of passwords: a form and nothing beside it, and none that one wants to come back to. Pure. */

/** Whether an address is that of one. No user name has a hyphen. */
export const isSignInForm = (pathname: string): boolean =>
  /^\/(login|register|\w+-password)\/?$/i.test(pathname);
