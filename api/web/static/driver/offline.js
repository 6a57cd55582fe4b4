/** Puts the page and the route's map on the tablet, while there is a network, for when there is none. */
import {getDriverBins} from "../lib/api.js";
import {canStartOffline, offline} from "./kept.js";
import {routeTiles} from "./tiles.js";

const AT_ONCE = 6;
const TILES = "tiles-";
const LOOK_FOR_UPDATE_MS = 30 * 60_000;

/** The one script that a browser which asks for trusted types may run as our service worker. */
const WORKER = globalThis.trustedTypes?.createPolicy("service-worker", {createScriptURL: () => "/sw.js"}).createScriptURL("") ?? "/sw.js";

let registration = null;

function watchForUpdate() {
  const tell = () => offline.set({update: Boolean(registration.waiting && navigator.serviceWorker.controller)});
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", tell);
  });
  tell();
  setInterval(() => registration.update().catch(() => {}), LOOK_FOR_UPDATE_MS); // without a network: later
}

/** Keep the page itself; resolves when it would open without a network. */
export async function keepPage() {
  if (!canStartOffline()) return;
  reloadUnderTheNext();
  try {
    registration = await navigator.serviceWorker.register(WORKER, {scope: "/driver", updateViaCache: "none"});
    watchForUpdate();
    await navigator.serviceWorker.ready;
    offline.set({page: "kept"});
    await navigator.storage?.persist?.(); // asks not to be thrown away when the disk fills up
  } catch {
    offline.set({page: navigator.serviceWorker.controller ? "kept" : "failed"}); // an earlier visit's copy still serves
  }
}

/** Every open tab loads again when one of them takes a version: none goes on with half of two. Not at the first visit. */
function reloadUnderTheNext() {
  let isFirst = !navigator.serviceWorker.controller;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (isFirst) isFirst = false;
    else location.reload();
  });
}

/** Take the waiting version. Taps are in the outbox and stay. */
export const takeUpdate = () => registration?.waiting?.postMessage("take over");

async function keepTile(cache, address) {
  if (await cache.match(address, {ignoreVary: true})) return;
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  await cache.put(address, answer);
}

async function keepAll(cache, addresses) {
  const left = addresses.slice();
  const work = async () => {
    for (let address = left.shift(); address; address = left.shift()) {
      await keepTile(cache, address);
      offline.set({tiles: addresses.length - left.length});
    }
  };
  await Promise.all(Array.from({length: AT_ONCE}, work));
}

/** Keep the map along the route, and forget the maps of other days. */
async function keepMap(name, route) {
  const answer = await fetch("/tiles/metadata.json");
  if (!answer.ok) return; // a city without a map has nothing to keep
  const cache = await caches.open(name);
  const addresses = ["/tiles/metadata.json", ...routeTiles(route, await answer.json())];
  offline.set({tiles: 0, wanted: addresses.length});
  await keepAll(cache, addresses);
  const others = (await caches.keys()).filter((each) => each.startsWith(TILES) && each !== name);
  await Promise.all(others.map((each) => caches.delete(each)));
}

let keeping = "";

/** Keep what the route's day may need beside the route itself. Called again with the same route it does nothing. */
export async function keepDay(route, rememberedOr) {
  const {vehicle_id: id} = route;
  const name = `${TILES}${route.day}-${route.plan_id}-${id}`;
  if (!canStartOffline() || keeping === name) return;
  keeping = name;
  try {
    await keepMap(name, route);
    await rememberedOr(`bins:${id}`, () => getDriverBins(id)); // for one that is not on the list
  } catch {
    keeping = ""; // the next look at the route tries again
  }
}
