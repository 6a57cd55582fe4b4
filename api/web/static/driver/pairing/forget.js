/** Makes this tablet forget the city: taps, route, map, page and settings. Nothing of it can be had back. */

const OUTBOX = "tomma-driver";
const OURS = "tomma.";

/** Other tabs close theirs when they are asked to; the browser deletes it once the last of them has. */
const forgetTaps = () => new Promise((resolve) => {
  const request = indexedDB.deleteDatabase(OUTBOX);
  request.onsuccess = request.onerror = request.onblocked = resolve;
});

async function forgetWorkers() {
  const found = await navigator.serviceWorker?.getRegistrations?.();
  await Promise.all((found ?? []).map((each) => each.unregister()));
}

async function forgetFiles() {
  const names = globalThis.caches ? await caches.keys() : [];
  await Promise.all(names.map((name) => caches.delete(name)));
}

function forgetSettings() {
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith(OURS)) localStorage.removeItem(name);
  }
}

let leaving = null;

async function forget(outbox, why) {
  outbox?.database.close();
  // The worker first: it would keep the page again. One that fails must not keep the others.
  await Promise.allSettled([forgetWorkers()]);
  await Promise.allSettled([forgetFiles(), forgetTaps()]);
  try {
    forgetSettings();
  } catch {
    // No storage: nothing was kept in it.
  }
  history.replaceState(null, "", `${location.pathname}#${why}`);
  location.reload(); // what is still in memory goes too
}

/**
 * Forget everything, then open the page that says so.
 *
 * @param {object | null} outbox @param {"revoked" | "signed_out"} why
 */
export function forgetAll(outbox, why) {
  leaving ??= forget(outbox, why);
  return leaving;
}
