/** What the planning page asks the server beside what every page asks. */
import {ask} from "../lib/api.js";
import {Bins} from "../manager/bins.js";

const plan = (id, rest = "") => `/plans/${encodeURIComponent(id)}${rest}`;

export const getPlansOf = (day) => ask(`/plans?limit=200&day=${day}`).then(({plans}) => plans);
/** What the plan's day was ordered with. */
export const getOrdered = (id) => ask(plan(id, "/ordered"));
export const orderPlan = (body) => ask("/plans", {method: "POST", body});
export const stopPlan = (id) => ask(plan(id, "/stop"), {method: "POST", body: {}});
export const editPlan = (id, edits) => ask(plan(id, "/edits"), {method: "POST", body: {edits}});
export const sendPlan = (id, acceptWarnings) => (
  ask(plan(id, "/publish"), {method: "POST", body: {accept_warnings: acceptWarnings}}));
export const getComparison = (id) => ask(plan(id, "/comparison"));
export const getCurve = () => ask("/plans/pareto");
export const getSchedule = () => ask("/schedule");
export const putSchedule = (body) => ask("/schedule", {method: "PUT", body});

/** Every bin with its name, place, stream and size. */
export async function getBinPlaces() {
  const bins = new Bins(await ask("/map/places"), "");
  return Array.from({length: bins.length}, (_, index) => bins.row(index));
}

/** @param {"pdf"|"gpx"|"csv"|"geojson"} format @param {string} [vehicleId] One truck's part; the whole plan without. */
export function exportHref(id, format, language, vehicleId) {
  const query = new URLSearchParams({lang: language, ...(vehicleId && {vehicle_id: vehicleId})});
  return `/api/v1${plan(id, `/export.${format}`)}?${query}`;
}
