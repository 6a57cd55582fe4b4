/** What a route and the taps made on it add up to. Pure: the same in, the same out. */

/** A stop's name for this page: a bin once, the n-th unloading, the n-th break. */
export function withKeys(stops) {
  const seen = {};
  let number = 0;
  return stops.map((stop, index) => {
    const base = stop.bin_id ?? stop.disposal_site_id ?? stop.kind;
    seen[base] = (seen[base] ?? 0) + 1;
    if (stop.kind !== "break") number += 1;
    return {...stop, index, key: `${base}#${seen[base]}`, number: stop.kind === "break" ? null : number};
  });
}

const DONE_BY = {emptied: "emptied", skipped: "skipped", unloaded: "emptied", break_started: "todo", break_ended: "emptied"};

/**
 * Fold the taps into the route as the server knew it.
 *
 * @param {object} route As `/driver/routes/{vehicle}` answers, plus `asked_ms`: when it was asked (a stop may have its own).
 * @param {object[]} records The outbox, in order. One that was settled before the route was asked is in it already.
 *   What was tapped on an earlier version of the day's route counts on this one too.
 * @returns {object[]} Stops with `state`, `state_event_key` and `on_break`.
 */
export function foldStops(route, records) {
  const stops = withKeys(route.stops).map((stop) => ({...stop, state: stop.state ?? "todo",
    done_ms: Date.parse(stop.done_utc)}));
  const byKey = new Map(stops.map((stop) => [stop.key, stop]));
  for (const record of records) {
    const stop = byKey.get(record.stop_key);
    if (!stop || record.status === "rejected") continue;
    if (record.event.vehicle_id !== route.vehicle_id || !isOfDay(record, route)) continue;
    const isKnown = record.settled_ms && record.settled_ms < (stop.asked_ms ?? route.asked_ms ?? 0);
    if (!isKnown) apply(stop, record.event);
  }
  return stops;
}

/** What this tablet emptied that the route does not name: to be taken back from the list like the others. */
export function extraStops(route, stops, records) {
  const named = new Set(stops.map((stop) => stop.key));
  const own = records.filter((record) => record.event.vehicle_id === route.vehicle_id && isOfDay(record, route));
  const undone = new Set(own.map((record) => record.event.undoes_key));
  return own.filter((record) => record.event.kind === "emptied" && record.status !== "rejected"
    && !named.has(record.stop_key) && !undone.has(record.key)).map((record) => ({
    key: record.stop_key, name: record.name, kind: "collect", state: "emptied", state_event_key: record.key,
    done_ms: Date.parse(record.event.tapped_utc),
  }));
}

const isOfDay = (record, route) => record.event.plan_id === route.plan_id
  || (record.day !== undefined && record.day === route.day);

function apply(stop, event) {
  if (event.kind === "undone") {
    if (stop.state_event_key !== event.undoes_key) return;
    Object.assign(stop, {state: "todo", state_event_key: null, done_ms: null, on_break: false});
    return;
  }
  // A report settles nothing.
  if (!(event.kind in DONE_BY)) return;
  const tappedMs = Date.parse(event.tapped_utc);
  stop.rest_s = stop.on_break ? (tappedMs - stop.done_ms) / 1000 : 0;
  stop.on_break = event.kind === "break_started";
  Object.assign(stop, {state: DONE_BY[event.kind], state_event_key: event.key, done_ms: tappedMs});
}

/** Whether the driver has done anything on this route: from then on it is the driver's. */
export function hasBegun(route, records) {
  return route.stops.some((stop) => (stop.state ?? "todo") !== "todo")
    || records.some((record) => isOfDay(record, route) && record.event.vehicle_id === route.vehicle_id);
}

const STAYS_MS = 4 * 3_600_000;

/** Whether somebody is out on this route: midnight, or a plan that forgot the truck, takes it from nobody. */
export function isUnderWay(route, records, nowMs) {
  return hasBegun(route, records) && nowMs < Date.parse(route.end_utc) + STAYS_MS
    && foldStops(route, records).some((stop) => !isDone(stop));
}

/** The stop to show: the chosen one while it is to do, else the break that goes on or the first to do; null when all are done. */
export function currentStop(stops, chosenKey) {
  const todo = stops.filter((stop) => stop.state === "todo");
  return todo.find((stop) => stop.key === chosenKey) ?? todo.find((stop) => stop.on_break) ?? todo[0] ?? null;
}

/** Whether the truck comes to the stop from where the plan thought: only then the plan's words lead there. */
export const comesAsPlanned = (stops, stop) => stops.every((each) => isDone(each) === each.index < stop.index
  || each.key === stop.key);

/** Where the route goes through: collects and unloadings. */
export const counted = (stops) => stops.filter((stop) => stop.kind !== "break");
export const isDone = (stop) => stop.state !== "todo";

/** What this truck did, in the order it did it: when another did it, `done_ms` is not known. */
export const ownInOrder = (stops) => stops.filter((stop) => isDone(stop) && stop.done_ms)
  .sort((one, other) => one.done_ms - other.done_ms);

/** What is in the truck after the stops it did so far, by the plan's own numbers. */
export function onBoard(stops) {
  let litres = 0;
  let kg = 0;
  for (const stop of ownInOrder(stops)) {
    const before = stops[stop.index - 1];
    if (stop.kind === "dispose") litres = kg = 0;
    if (stop.kind !== "collect" || stop.state !== "emptied") continue;
    litres += Math.max(0, stop.load_after_l - (before?.load_after_l ?? 0));
    kg += Math.max(0, stop.load_after_kg - (before?.load_after_kg ?? 0));
  }
  return {litres, kg};
}

/** The legs by stop: `legs[i]` leads to stop i, and one more leads home. A plan may leave out a break's empty leg. */
export function legsByStop(route) {
  const legs = route.legs ?? [];
  if (legs.length === route.stops.length + 1) return legs;
  let next = 0;
  const aligned = route.stops.map((stop) => (stop.kind === "break" ? [] : (legs[next++] ?? [])));
  return [...aligned, legs[next] ?? []];
}
