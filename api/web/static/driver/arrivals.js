/** When the truck will be where. The office reckons alike: the rule is told in `routing/planning/arrivals.py`. Pure. */
import {counted, isDone, ownInOrder} from "./route.js";

const PRIOR_MS = 3_600_000;
const PACE_MIN = 0.6;
const PACE_MAX = 1.8;

const stayMs = (stop) => Date.parse(stop.depart_utc) - Date.parse(stop.arrive_utc);

/** No number where a place is not known. */
const lineDeg = (one, other) => Math.hypot(
  (one.lon_deg - other.lon_deg) * Math.cos(one.lat_deg * Math.PI / 180), (one.lat_deg ?? NaN) - (other.lat_deg ?? NaN),
);

function legsOf(stops) {
  const places = counted(stops);
  const before = new Map();
  let drivingS = 0;
  let straightDeg = 0;
  places.slice(1).forEach((stop, at) => {
    before.set(stop, places[at]);
    drivingS += stop.leg_driving_s;
    straightDeg += lineDeg(places[at], stop) || 0;
  });
  return (from, to) => {
    const straightS = from && before.get(to) !== from ? (drivingS * lineDeg(from, to)) / straightDeg : NaN;
    return 1000 * (straightS >= 0 ? straightS : to.leg_driving_s);
  };
}

/**
 * @param {object} route @param {object[]} stops Folded. @param {object[]} extra What it emptied beside the route.
 * @param {object | null} current Where the driver goes first.
 * @returns {{stops: Record<string, {arriveMs: number, departMs: number}>, endMs: number}} By the keys of the stops to come.
 */
export function expectedTimes(route, stops, extra, current, nowMs) {
  const legMs = legsOf(stops);
  let here = null;
  let restsMs = 0;
  let plannedMs = PRIOR_MS;
  let actualMs = 0;
  for (const stop of ownInOrder(stops)) {
    if (stop.kind === "break") {
      restsMs += 1000 * stop.rest_s || 0;
      continue;
    }
    if (here) {
      plannedMs += legMs(here, stop) + stayMs(stop);
      actualMs += stop.done_ms - here.done_ms - restsMs;
    }
    here = stop;
    restsMs = 0;
  }
  const pace = Math.min(PACE_MAX, Math.max(PACE_MIN, (PRIOR_MS + Math.max(0, actualMs)) / plannedMs));
  const told = {};
  let atMs = Math.max(0, ...[...ownInOrder(stops), ...extra].map((stop) => stop.done_ms)) || Date.parse(route.start_utc);
  const resting = stops.find((stop) => stop.on_break);
  if (resting) {
    atMs = Math.max(atMs, resting.done_ms + stayMs(resting), nowMs);
    told[resting.key] = {arriveMs: resting.done_ms, departMs: atMs};
  }
  const left = stops.filter((stop) => !isDone(stop) && stop !== resting && stop !== current);
  for (const stop of current && current !== resting ? [current, ...left] : left) {
    const isBreak = stop.kind === "break";
    const arriveMs = Math.max(nowMs, isBreak ? atMs : atMs + pace * legMs(here, stop));
    atMs = arriveMs + (isBreak ? 1 : pace) * stayMs(stop);
    told[stop.key] = {arriveMs, departMs: atMs};
    here = isBreak ? here : stop;
  }
  const homeS = route.driving_s - stops.reduce((sum, stop) => sum + stop.leg_driving_s, 0);
  return {stops: told, endMs: atMs + pace * 1000 * Math.max(0, homeS)};
}
