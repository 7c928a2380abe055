/**
 * What the built page runs first, as `start-plugin.ts` puts it there. The page itself has the bar: it is painted before the app's code, which
 * takes a slow phone a while, is run; that is fetched meanwhile. A live channel's picture waits for nothing, nor does a
 * page without the bar.
 */
const LONGEST_MS = 300; // A tab in the background paints nothing.
const app = document.querySelector("link[data-app]").href;
let begun = false;
const begin = () => {
  if (!begun) import(app);
  begun = true;
};
const waits = document.querySelector("#root > *") && !document.querySelector("meta[name=live]");
if (document.hidden || !waits) begin();
else {
  setTimeout(begin, LONGEST_MS);
  try {
    new PerformanceObserver(begin).observe({ type: "paint", buffered: true });
  } catch {
    begin();
  }
}
