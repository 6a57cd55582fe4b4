/** Puts the page and the route's map on the tablet, while there is a network, for when there is none. */
import {getDriverBins} from "../lib/api.js";
import {canDrawMaps} from "../map/able.js";
import {canStartOffline, offline} from "./kept.js";
import {routeTiles} from "./tiles.js";

const AT_ONCE = 6;
const TILES = "tiles-";
const LOOK_FOR_UPDATE_MS = 30 * 60_000;

/** The one script that a browser which asks for trusted types may run as our service worker. */
const WORKER = globalThis.trustedTypes?.createPolicy("service-worker", {createScriptURL: () => "/sw.js"}).createScriptURL("") ?? "/sw.js";

let registration = null;
let ours; // the worker of the version that this page is made of
let isWanted = false;

/** Offer the version that waits. Once one was asked for, whichever waits in its place is told so. */
function look() {
  const {waiting, active} = registration;
  if (isWanted) waiting?.postMessage("take over");
  offline.set({update: Boolean(waiting && active)});
}

function watchForUpdate() {
  const watch = () => registration.installing?.addEventListener("statechange", look);
  registration.addEventListener("updatefound", watch);
  watch(); // one may have been found before this page was there
  look();
  setInterval(() => registration.update().catch(() => {}), LOOK_FOR_UPDATE_MS); // without a network: later
}

/**
 * Keep the page itself; resolves when it would open without a network.
 *
 * @param {ServiceWorker | null} controller The worker under which the page began.
 */
export async function keepPage(controller) {
  if (!canStartOffline()) return;
  ours = controller;
  navigator.serviceWorker.addEventListener("controllerchange", keepToOneVersion);
  keepToOneVersion(); // another may have taken over while the page was loading
  try {
    registration = await navigator.serviceWorker.register(WORKER, {scope: "/driver", updateViaCache: "none"});
    ours ??= registration.active; // a page that was loaded past its worker is of that version all the same
    watchForUpdate();
    await navigator.serviceWorker.ready;
    offline.set({page: "kept"});
    await navigator.storage?.persist?.(); // asks not to be thrown away when the disk fills up
  } catch {
    offline.set({page: navigator.serviceWorker.controller ? "kept" : "failed"}); // an earlier visit's copy still serves
  }
}

/** Every open tab loads again when one of them takes a version: none goes on with half of two. Not at the first visit. */
function keepToOneVersion() {
  const {controller} = navigator.serviceWorker;
  if (ours && ours !== controller) location.reload();
  ours = controller;
}

/** Take the waiting version: the browser may need a moment for it. Taps are in the outbox and stay. */
export function takeUpdate() {
  if (!registration.waiting && !registration.installing) return location.reload(); // it was taken, and nobody told us
  isWanted = true;
  offline.set({taking: true});
  look();
}

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
    if (canDrawMaps()) await keepMap(name, route);
    await rememberedOr(`bins:${id}`, () => getDriverBins(id)); // for one that is not on the list
  } catch {
    keeping = ""; // the next look at the route tries again
  }
}
