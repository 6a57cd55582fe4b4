/**
 * Where the tablet is, for the driver's own eyes and for the tap's own place, when the driver says so.
 *
 * The position is read on the device. What leaves it is the place of a tap, never the way between two taps.
 */
import {remember} from "../lib/memory.js";

const FRESH_MS = 30_000;
const keepWish = (on) => remember("tomma.position", on ? "on" : "off");

/**
 * @param {(position: {lat_deg: number, lon_deg: number, at_ms: number}) => void} onPosition
 * @param {() => void} onRefused The driver, the browser or a page without HTTPS does not allow it.
 * @returns {() => void} Ends the watching.
 */
function watchPosition(onPosition, onRefused = () => {}) {
  if (!navigator.geolocation) {
    onRefused();
    return () => {};
  }
  const watch = navigator.geolocation.watchPosition(
    ({coords}) => onPosition({lat_deg: coords.latitude, lon_deg: coords.longitude, at_ms: Date.now()}),
    ({code, PERMISSION_DENIED}) => code === PERMISSION_DENIED && onRefused(), // no satellites: taps have no place then
    {enableHighAccuracy: true, maximumAge: 10_000},
  );
  return () => navigator.geolocation.clearWatch(watch);
}

/** The place to put on a tap: a tap never waits for a satellite, so an old one counts for nothing. */
function placeOfTap(position) {
  if (!position || Date.now() - position.at_ms > FRESH_MS) return {};
  const rounded = (deg) => Math.round(deg * 1e5) / 1e5; // a metre
  return {lat_deg: rounded(position.lat_deg), lon_deg: rounded(position.lon_deg)};
}

let unwatch = () => {};

/** Begin or end to read the position into the store. */
export function use(on, store) {
  keepWish(on);
  unwatch();
  store.set({position: on, positionRefused: false, lastPosition: null});
  unwatch = on ? watchPosition((lastPosition) => store.set({lastPosition}), () => {
    keepWish(false);
    store.set({position: false, positionRefused: true});
  }) : () => {};
}

/** The place to put on a tap made now; nothing while nobody asked for it. */
export const ofTap = ({position, lastPosition}) => (position ? placeOfTap(lastPosition) : {});
