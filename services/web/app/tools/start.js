/**
 * What the built page runs first, as `start-plugin.ts` puts it there. The page itself has the bar: it is painted before the app's code, which
 * takes a slow phone a while, is run; that is fetched meanwhile, and run part by part, so that a tap is heard between them. A live
 * channel's picture waits for nothing, nor does a page without the bar.
 */
const LONGEST_MS = 300; // A tab in the background paints nothing.
const TRIES_MS = [1_000, 4_000];
const app = document.querySelector("link[data-app]").href;
/** What the app stands on, each part before those that need it. */
const parts = Array.from(
  document.querySelectorAll("link[rel=modulepreload]:not([data-app])"),
  (link) => link.href,
);
let begun = false;
const begin = () => {
  if (begun) return;
  begun = true;
  run(0);
};
/** What cannot be had is asked for again, and then said: the page may be older than the server. */
async function run(tries) {
  try {
    if (waits) {
      for (const part of parts) {
        await import(part);
        await pause();
      }
    }
    await import(app);
  } catch (error) {
    console.error(error);
    if (tries < TRIES_MS.length) setTimeout(run, TRIES_MS[tries], tries + 1);
    else say();
  }
}
/** Lets the browser do what waits for it. */
const pause = () =>
  new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage(null);
  });
function say() {
  const german = /^de\b/.test(navigator.language);
  const box = document.getElementById("root").appendChild(document.createElement("main"));
  box.className = "flex flex-col items-center gap-4 px-4 py-24 text-center";
  box.setAttribute("role", "alert");
  const words = box.appendChild(document.createElement("p"));
  words.textContent = german
    ? "Diese Seite konnte nicht ganz geladen werden. Lade sie neu."
    : "This page could not be loaded whole. Reload it.";
  const again = box.appendChild(document.createElement("button"));
  again.className = "underline";
  again.textContent = german ? "Neu laden" : "Reload";
  again.onclick = () => location.reload();
}
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
