/** What the page knows about being without a network; `offline.js`, loaded after the first picture, keeps it true. */
import {createStore} from "../lib/store.js";

/** Whether this page may keep itself: browsers allow it on HTTPS and on the machine itself only. */
export const canStartOffline = () => "serviceWorker" in navigator && "caches" in globalThis;

/**
 * `page`: "unable" | "keeping" | "kept" | "failed"; `tiles`: how many of the route's `wanted` map tiles are here;
 * `update`: whether a new version waits to be taken; `taking`: whether the driver asked for it.
 */
export const offline = createStore({page: canStartOffline() ? "keeping" : "unable", tiles: 0, wanted: 0, update: false, taking: false});
