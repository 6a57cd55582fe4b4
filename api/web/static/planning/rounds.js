/** Where each bin is in a plan, and what may be done with a plan. Pure. */

export const collectsOf = (route) => route.stops.filter((stop) => stop.kind === "collect");
/**
 * @returns {Map<string, {route: object, truck: number, stop: object, position: number, number: number, done: boolean}>}
 *   By bin; `position` counts the bins before it on its truck, `number` all stops from 1. What is `done` stays as it was.
 */
export function placesOf(plan) {
  const places = new Map();
  (plan?.routes ?? []).forEach((route, truck) => {
    let position = 0;
    route.stops.forEach((stop, index) => {
      if (stop.kind !== "collect") return;
      places.set(stop.bin_id, {route, truck, stop, position, number: index + 1, done: index < (route.done_stops ?? 0)});
      position += 1;
    });
  });
  return places;
}

/** Which of a day's plans to look at first: what the trucks drive, else the newest that could be sent to them. */
export function planToOpen(plans) {
  const first = (...statuses) => plans.find((each) => statuses.includes(each.status));
  return first("published") ?? first("ready", "draft") ?? first("superseded") ?? null;
}

/** The first place on a round that is still to be given away. */
export const firstOpen = (route) => collectsOf({stops: route.stops.slice(0, route.done_stops ?? 0)}).length;

const EDITABLE = new Set(["ready", "draft", "published"]);
/** Whether the trucks drive this plan already: from then on a new plan is made from where they are. */
export const isOnRoad = (plan, nowMs) => (
  plan.status === "published" && plan.routes.some((route) => Date.parse(route.start_utc) <= nowMs));
export const isEditable = (plan, nowMs) => EDITABLE.has(plan.status) && !isOnRoad(plan, nowMs);
export const SENDABLE = new Set(["ready", "draft"]);
export const lockedIn = (plan) => new Set((plan?.locks ?? []).map((each) => each.bin_id));
