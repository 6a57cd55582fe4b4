/** Where a moment lies on the line, and the marks of one truck. Pure: the same in, the same out. */

const HOUR_MS = 3_600_000;
const MIN_MS = 60_000;

/** The hours to show: from before the first truck leaves to after the last one is home; now is in it while it matters. */
export function span(routes, nowMs) {
  const moments = routes.flatMap((route) => [
    route.planned_start_utc, route.planned_end_utc, route.expected_end_utc,
    ...route.stops.flatMap((stop) => [stop.done_utc, stop.planned_utc]),
  ]).filter(Boolean).map(Date.parse);
  const [first, lastWork] = [Math.min(...moments), Math.max(...moments)];
  const shiftEnds = routes.map((route) => Date.parse(route.shift_end_utc)).filter((ms) => ms - lastWork < 1.5 * HOUR_MS);
  const last = Math.max(lastWork, ...shiftEnds); // the end of a shift far off would only squeeze the day together
  const isNear = nowMs > first - HOUR_MS && nowMs < last + HOUR_MS;
  const from = Math.floor((isNear ? Math.min(first, nowMs) : first) / HOUR_MS) * HOUR_MS;
  const to = Math.ceil(((isNear ? Math.max(last, nowMs) : last) + 5 * MIN_MS) / HOUR_MS) * HOUR_MS;
  return {from, to, isNear};
}

/** @returns {(utc: string | number) => number} Pixels from the left. */
export const scale = ({from, to}, left, width) => (utc) => {
  const ms = typeof utc === "number" ? utc : Date.parse(utc);
  return left + ((ms - from) / (to - from)) * width;
};

/** Whole hours on the axis, as many as have room. */
export function hours({from, to}, width) {
  const count = (to - from) / HOUR_MS;
  const step = [1, 2, 3, 6].find((each) => (count / each) * 56 <= width) ?? 12;
  return Array.from({length: Math.floor(count / step) + 1}, (_, index) => from + index * step * HOUR_MS);
}

/** A stop's name on this page: also of what was emptied beside the route. */
export const keyOf = (stop, index) => `${stop.bin_id ?? stop.disposal_site_id ?? stop.kind}-${index}`;

/** How a stop is drawn and said, in one word. */
export function lookOf(stop) {
  if (stop.kind !== "collect") return `${stop.kind}_${stop.state === "todo" ? "todo" : "done"}`;
  if (stop.is_extra) return "extra";
  if (stop.state === "todo") return stop.is_late ? "todo_late" : "todo";
  return stop.state === "emptied" && stop.is_late ? "late" : stop.state;
}

/** Stops in the order they were or will be done, with their keys. */
export function inOrder(route) {
  return route.stops.map((stop, index) => ({
    ...stop, key: keyOf(stop, index), look: lookOf(stop), at_utc: stop.done_utc ?? stop.expected_utc ?? stop.planned_utc,
  })).sort((one, other) => Date.parse(one.at_utc) - Date.parse(other.at_utc));
}
