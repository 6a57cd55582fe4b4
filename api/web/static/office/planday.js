/** How the day of a plan lies to today, by the city's own clock: yesterday's plan must not be told as today's. */
import {nowMs} from "../lib/clock.js";

/**
 * @param {{day: string}} plan
 * @param {{organisation: {timezone: string}}} city
 * @param {number} ms Now.
 * @returns {"past" | "today" | "coming"}
 */
export function whenOf(plan, city, ms = nowMs()) {
  const today = new Intl.DateTimeFormat("sv-SE", {timeZone: city.organisation.timezone}).format(ms); // as 2026-11-22
  if (plan.day === today) return "today";
  return plan.day < today ? "past" : "coming";
}
