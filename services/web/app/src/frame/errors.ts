/** Errors that nobody caught are told to the platform's admins. What tells them is loaded with the first one. */

export function tellError(error: unknown): void {
  void import("./tell-error").then(
    ({ tell }) => tell(error),
    () => {
      // Away, like the rest.
    },
  );
}

/** From now on. */
export function watchErrors(): void {
  // Scripts of other origins say nothing but that there was an error.
  addEventListener("error", ({ error }) => error && tellError(error));
  addEventListener("unhandledrejection", ({ reason }) => tellError(reason));
}
