/**
 * Keeps a page on the device, so that it opens without a network: the driver's on the tablet, the installer's on the phone.
 *
 * The server puts one line before this file: `SHELL`, the files of the page with their digests. They are kept together
 * or not at all, and served together: a page never runs with half of an update. A new version waits until every page
 * of the old one is closed, or until the driver says so. What the API answers is never kept here: the page remembers
 * its route and its taps itself (`driver/outbox.js`).
 */
const OWN = `${SHELL.cache}-`;
const CACHE = OWN + SHELL.version;

/** A file whose digest differs from the list (an update in the midst of this) fails the whole: the browser tries again. */
async function keep(cache, path, integrity) {
  const answer = await fetch(path, {cache: "no-cache", integrity});
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  await cache.put(path, answer);
}

async function install() {
  const cache = await caches.open(CACHE);
  await Promise.all(Object.entries(SHELL.files).map(([path, integrity]) => keep(cache, path, integrity)));
}

/**
 * What is asked of the API, and a tile, does not wake this worker where the browser lets us say so. It is quicker; and a
 * browser ends the old version's worker before a new one takes over, but one that is asked something in that very moment
 * it starts again, and one that waits for a tile on a thin line it does not end: the new one waits on, for minutes.
 */
const pastUs = async (event, urlPattern, source) => event.addRoutes?.({condition: {urlPattern}, source});

async function activate() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(OWN) && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** A browser may throw caches away when the disk is full: then the network has to do. None is made here. */
async function fromShell(path, request) {
  const kept = await caches.match(path, {cacheName: CACHE});
  return kept ?? fetch(request);
}

/** The route's tiles are put here by the page; others are asked for and left to the browser's own cache: as `cache` does. */
async function tile(request) {
  const kept = await caches.match(request, {ignoreVary: true});
  return kept ?? fetch(request);
}

self.addEventListener("install", (event) => {
  for (const [path, source] of [["/api/*", "network"], ["/tiles/*", "cache"]]) {
    pastUs(event, path, source).catch(() => {}); // a browser that knows other routes only: as one without any
  }
  event.waitUntil(install());
});
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", (event) => event.data === "take over" && self.skipWaiting());
self.addEventListener("fetch", (event) => {
  const {request} = event;
  const {origin, pathname} = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  const path = request.mode === "navigate" && pathname !== SHELL.page ? null : pathname;
  if (path in SHELL.files) event.respondWith(fromShell(path, request));
  else if (pathname.startsWith("/tiles/")) event.respondWith(tile(request));
});
