/**
 * What the built page runs once it is there, as `start-plugin.ts` puts it. The page itself has the bar: it is painted before the app's code, which
 * takes a slow phone a while, is run; that is fetched meanwhile, and run part by part, so that a tap is heard between them. A live
 * channel's picture waits for nothing, nor does a page without the bar. Where the app stays away, that is said: it takes the words' place.
 */
const LONGEST_MS = 300; // A tab in the background paints nothing.
const TRIES_MS = [1_000, 4_000];
const SLOW_MS = 10_000;
const AGAIN_MS = 30_000;
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
    else fail();
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
const root = document.getElementById("root");
const bar = root.firstElementChild;
let box;
/** As `language.ts` chooses. */
function german() {
  let tags = navigator.languages;
  try {
    tags = [localStorage.getItem("language"), ...tags];
  } catch {
    // A browser that keeps nothing has no choice kept.
  }
  return /^de\b/i.test(tags.find((tag) => /^(de|en)\b/i.test(tag)));
}
/** Says it below the bar; in the place of what was said before. */
function say(role, english, inGerman) {
  box?.remove();
  box = root.appendChild(document.createElement("main"));
  box.className = "flex flex-col items-center gap-4 px-4 py-24 text-center";
  box.lang = german() ? "de" : "en";
  box.setAttribute("role", role);
  box.appendChild(document.createElement("p")).textContent = german() ? inGerman : english;
}
const slow = setTimeout(() => {
  // The app's first picture takes the bar away. Without a bar it is shown in other people's pages and streams, which need no such words.
  if (bar && root.firstElementChild === bar)
    say(
      "status",
      "This takes longer than usual. It goes on by itself as soon as the server answers.",
      "Das dauert länger als sonst. Es geht von selbst weiter, sobald der Server antwortet.",
    );
}, SLOW_MS);
/** Over somebody's stream nobody reads or presses anything, so nothing is said there: the page comes back by itself. */
function comeBack() {
  document.documentElement.style.cssText = "background: transparent; color-scheme: light only";
  setTimeout(() => location.reload(), AGAIN_MS);
}
function fail() {
  clearTimeout(slow);
  if (/^\/overlay\//i.test(location.pathname)) return comeBack();
  say(
    "alert",
    "This page could not be loaded whole. Reload it.",
    "Diese Seite konnte nicht ganz geladen werden. Lade sie neu.",
  );
  const again = box.appendChild(document.createElement("button"));
  again.className = "underline";
  again.textContent = german() ? "Neu laden" : "Reload";
  again.onclick = () => location.reload();
}
const waits = bar && !document.querySelector("meta[name=live]");
if (document.hidden || !waits) begin();
else {
  setTimeout(begin, LONGEST_MS);
  try {
    new PerformanceObserver(begin).observe({ type: "paint", buffered: true });
  } catch {
    begin();
  }
}
