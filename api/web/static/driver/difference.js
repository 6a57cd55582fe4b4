/** A newer version of the route beside the one that is driven: fetched when the office sends one. Pure. */
import {isDone} from "./route.js";

/** Whether the plan has a bin another time that was emptied today: what was done of it is not this stop. */
const isAgain = ({reasons}) => reasons?.some(({code}) => code === "emptied_again");

/**
 * The shown route with what became of its bins, as a newer version of the plan tells it. Of a stop that the newer one
 * does not name, only what was known before is known: its own `asked_ms` stays.
 */
export function withStates(shown, newer) {
  const told = new Map(newer.stops.filter((stop) => stop.bin_id && !isAgain(stop)).map((stop) => [stop.bin_id, stop]));
  const stops = shown.stops.map((stop) => {
    const {state, state_event_key, done_utc, asked_ms} = told.has(stop.bin_id)
      ? {...told.get(stop.bin_id), asked_ms: newer.asked_ms}
      : {...stop, asked_ms: stop.asked_ms ?? shown.asked_ms};
    return {...stop, state, state_event_key, done_utc, asked_ms};
  });
  return {...shown, stops};
}

/** How many at least must change places to get from one order to the other: all but the longest run that keeps it. */
function movedBetween(before, after) {
  const place = new Map(before.map((binId, index) => [binId, index]));
  // ends[n]: the smallest place at which a rising run of n + 1 bins may end (Schensted 1961).
  const ends = [];
  for (const binId of after) {
    const at = place.get(binId);
    const length = ends.findIndex((end) => end > at);
    ends[length < 0 ? ends.length : length] = at;
  }
  return after.length - ends.length;
}

/** What the office changed, in bins still to do. @returns {{added: object[], removed: object[], moved: number}} */
export function routeDifference(stops, offered) {
  const todo = stops.filter((stop) => stop.bin_id && stop.state === "todo");
  // Here; the office may not have heard of it.
  const done = new Set(stops.filter(isDone).map((stop) => stop.bin_id));
  const coming = offered.stops.filter((stop) => stop.bin_id && (isAgain(stop) || !done.has(stop.bin_id))
    && (stop.state ?? "todo") === "todo");
  const before = new Set(todo.map((stop) => stop.bin_id));
  const after = new Set(coming.map((stop) => stop.bin_id));
  const ids = (list, kept) => list.map((stop) => stop.bin_id).filter((binId) => kept.has(binId));
  return {
    added: coming.filter((stop) => !before.has(stop.bin_id)),
    removed: todo.filter((stop) => !after.has(stop.bin_id)),
    moved: movedBetween(ids(todo, after), ids(coming, before)),
  };
}
