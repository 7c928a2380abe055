/*
 * Keeps the app's own files, so that it opens without a network and says so. Pages always come from the server first: a new version is
 * there with the next page, whatever is kept. Only what stands in place of a page that could not be had, and files whose names carry their
 * hash, come from here. Everything else (/api, /live, /ws, pictures, frames of other sites) goes by as if this worker were not there.
 *
 * Pushes are /sw.js's, which has a scope of its own.
 */
const CACHE = "shell-1";
/** Beside the page: hashed files that were used lately. A release has about a hundred. */
const MAX_FILES = 250;
/** Pages that are not the app's own window, or belong into frames of others. */
const NOT_OURS = /^\/(?:api|live|ws|embed|overlay|oembed|assets|icons|\.well-known)(?:\/|$)/;
const PAGE = "/";
/** What a proxy says while nothing is behind it. */
const AWAY = new Set([502, 503, 504]);

const filesOf = (html) => [...new Set(html.match(/\/assets\/[\w.-]+/g) ?? [])];
const isGood = (response) => response.ok && response.type === "basic";

/** The page and what it loads at once, of one version: all of it, or what was kept before stays. */
async function keepPage() {
  const page = await fetch(PAGE, { cache: "no-cache" });
  if (!isGood(page)) throw new Error(`the page is ${page.status}`);
  const html = await page.clone().text();
  const cache = await caches.open(CACHE);
  const missing = [];
  for (const file of filesOf(html)) {
    if (!(await cache.match(file))) missing.push(file);
  }
  const files = await Promise.all(missing.map((file) => fetch(file)));
  if (!files.every(isGood)) throw new Error("a file is missing");
  await Promise.all(files.map((response, n) => cache.put(missing[n], response)));
  await cache.put(PAGE, page);
}

/** A page of another version came: that one is kept from now on. */
async function follow(response) {
  if (!response.ok || !response.headers.get("content-type")?.startsWith("text/html")) return;
  const kept = await caches.match(PAGE, { cacheName: CACHE });
  const [now, before] = [filesOf(await response.text()), kept ? filesOf(await kept.text()) : []];
  if (now.length > 0 && now.join() !== before.join()) await keepPage();
}

async function page(event) {
  let response = null;
  try {
    response = (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    // Nobody answered.
  }
  if (response && !AWAY.has(response.status)) {
    event.waitUntil(follow(response.clone()).catch(() => {}));
    return response;
  }
  const kept = await caches.match(PAGE, { cacheName: CACHE });
  if (!kept) return response ?? Response.error();
  const headers = new Headers(kept.headers);
  for (const name of ["content-encoding", "content-length", "etag"]) headers.delete(name);
  return new Response((await kept.text()).replace("<html", "<html data-offline"), { headers });
}

async function file(event) {
  // A store that is full or broken gives nothing back and keeps nothing: the file comes from the server, as if this worker were not there.
  const cache = await caches.open(CACHE).catch(() => null);
  const kept = await cache?.match(event.request.url).catch(() => undefined);
  if (kept) return kept;
  const response = await fetch(event.request);
  const isText = response.headers.get("content-type")?.startsWith("text/html");
  if (cache && isGood(response) && response.status === 200 && !isText) {
    const copy = response.clone();
    event.waitUntil(
      (async () => {
        await cache.put(event.request.url, copy);
        // Oldest first; the page itself stays.
        const all = (await cache.keys()).filter((request) => new URL(request.url).pathname !== PAGE);
        await Promise.all(all.slice(0, Math.max(0, all.length - MAX_FILES)).map((old) => cache.delete(old)));
      })().catch(() => {}),
    );
  }
  return response;
}

self.addEventListener("install", (event) => {
  // Without a network at this moment it is tried again with the next page.
  event.waitUntil(keepPage().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      // A page's request need not wait for this worker to start.
      await self.registration.navigationPreload?.enable();
      const all = await caches.keys();
      await Promise.all(all.filter((name) => name.startsWith("shell-") && name !== CACHE).map((name) => caches.delete(name)));
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && request.destination === "document") {
    if (!NOT_OURS.test(url.pathname)) event.respondWith(page(event));
  } else if (url.pathname.startsWith("/assets/") && !request.headers.has("range")) {
    event.respondWith(file(event));
  }
});
