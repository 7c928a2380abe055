/** Answers of the server that a test holds back. A person whose answers are held needs `serviceWorkers: "block"`: what a worker fetches passes. */

/** Holds back calls with such a path (and method) until `release`; `asked` says how many came. */
export async function hold(page, path, method) {
  let asked = 0;
  let letOut = () => {};
  const out = new Promise((resolve) => {
    letOut = resolve;
  });
  const match = (url) => (typeof path === "string" ? url.pathname === path : path.test(url.pathname));
  const handler = async (route) => {
    if (method && route.request().method() !== method) return route.fallback();
    asked++;
    await out;
    // The page may have given it up meanwhile.
    await route.continue().catch(() => {});
  };
  await page.route(match, handler);
  return {
    asked: () => asked,
    async release() {
      letOut();
      await page.unroute(match, handler);
    },
  };
}
