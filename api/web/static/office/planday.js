/** How the day of a plan lies to today, by the city's own clock: yesterday's plan must not be told as today's. */
import {nowMs} from "../lib/clock.js";

const LATE_MS = 2 * 3_600_000; // as the server's: after their plan's end trucks may still be out
const DAY_MS = 86_400_000;

/** Whether trucks are out by a plan of yesterday: a night's work is today's until it is done. */
const isOut = (plan, today, ms) => Date.parse(today) - Date.parse(plan.day) === DAY_MS && plan.routes?.some((route) => (
  Date.parse(route.start_utc) <= ms && ms < Date.parse(route.end_utc) + LATE_MS));

/**
 * @param {{day: string}} plan
 * @param {{organisation: {timezone: string}}} city
 * @param {number} ms Now.
 * @returns {"past" | "today" | "coming"}
 */
export function whenOf(plan, city, ms = nowMs()) {
  const today = new Intl.DateTimeFormat("sv-SE", {timeZone: city.organisation.timezone}).format(ms); // as 2026-11-22
  if (plan.day === today || isOut(plan, today, ms)) return "today";
  return plan.day < today ? "past" : "coming";
}

/**
 * When the last truck of a plan was due home, once that time is behind: the plan is told as driven, and sent to no truck
 * unasked. A truck may still be out then: it is late.
 * @param {{routes: {end_utc: string}[]}} plan
 * @param {number} ms Now.
 * @returns {string | null} Null while a truck has time left, and of a plan without routes.
 */
export function endedUtc(plan, ms = nowMs()) {
  const last = plan.routes.map((route) => route.end_utc).sort().at(-1); // all in UTC, written alike
  return last && Date.parse(last) <= ms ? last : null;
}

/** What the city page and the planning page say of a published plan. */
export function publishedText(plan, city, t, format) {
  const when = whenOf(plan, city);
  const ended = when === "today" ? endedUtc(plan) : null;
  return ended ? t("plan.published.ended", {time: format.time(ended)}) : t(`plan.published.${when}`);
}

/** Areas that the day was ordered for and that somebody renamed or gave up since; empty when there are none. */
export function goneAreasText(plan, t) {
  if (!plan.gone_areas?.length) return "";
  const named = {gone: plan.gone_areas.join(", "), areas: plan.areas.filter(Boolean).join(", ")};
  return t(plan.areas.length ? "plan.gone_areas" : "plan.gone_areas_all", named);
}

/** Disposal sites that the plan keeps away from because a person said that they are closed; empty when there are none. */
export function closedText(plan, city, t) {
  if (!plan.closed_disposal_site_ids?.length) return "";
  const nameOf = (id) => city.disposal_sites.find((each) => each.id === id)?.name ?? id;
  return t("plan.closed", {sites: plan.closed_disposal_site_ids.map(nameOf).join(", ")});
}

/** What a person had given to a truck, or added, of which the bin or the truck is no more; empty when there is nothing. */
export function letGoText(plan, city, t) {
  if (!plan.let_go?.length) return "";
  const nameOf = (id) => city.vehicles.find((each) => each.id === id)?.name ?? id;
  const bins = plan.let_go.map(({bin_id: bin, vehicle_id: id}) => (
    id === null ? t("plan.let_go.added", {bin}) : t("plan.let_go.locked", {bin, vehicle: nameOf(id)})));
  return t("plan.let_go", {bins: bins.join(", ")});
}
