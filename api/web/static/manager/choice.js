/** Which bins are looked at, and how: kept in the page's address, so that a view can be shared. */
import {BAND_IDS, LAST_H, PLAN_STATES, SENSOR_STATES, STEP_H} from "./bins.js";

/** @typedef {{bands: Set<string>, fraction: string, area: string, sensor: string, plan: string, q: string, hour: number}} Choice */

export const EVERYTHING = {bands: new Set(BAND_IDS), fraction: "", area: "", sensor: "", plan: "", q: "", hour: 0};
const FIELDS = ["fraction", "area", "sensor", "plan", "q"];

const oneOf = (value, known) => (known.includes(value) ? value : "");

/** Read the address; what is not understood is left out. @returns {{choice: Choice, view: string, bin: string|null}} */
export function fromAddress(search) {
  const told = new URLSearchParams(search);
  const bands = (told.get("bands") ?? "").split(",").filter((band) => BAND_IDS.includes(band));
  const hour = Math.round(Number(told.get("hour") ?? 0) / STEP_H) * STEP_H;
  return {
    choice: {
      bands: new Set(told.has("bands") ? bands : BAND_IDS),
      fraction: told.get("fraction") ?? "", area: told.get("area") ?? "", q: told.get("q") ?? "",
      sensor: oneOf(told.get("sensor"), SENSOR_STATES), plan: oneOf(told.get("plan"), PLAN_STATES),
      hour: hour >= 0 && hour <= LAST_H ? hour : 0,
    },
    view: oneOf(told.get("view"), ["map", "table"]),
    bin: told.get("bin"),
  };
}

/** Everything that is not as it is without being asked, as the address says it. */
export function toAddress({choice, view = "", bin = null}) {
  const told = new URLSearchParams();
  if (choice.bands.size < BAND_IDS.length) told.set("bands", BAND_IDS.filter((band) => choice.bands.has(band)).join(","));
  for (const field of FIELDS) if (choice[field]) told.set(field, choice[field]);
  if (choice.hour) told.set("hour", choice.hour);
  if (view) told.set("view", view);
  if (bin) told.set("bin", bin);
  const text = told.toString();
  return text ? `?${text}` : "";
}

/** Where the server writes the same bins into a file. */
export function fileAddress(choice, sort) {
  const column = sort.name === "ahead" ? "fill" : sort.name; // the server sorts by what is known of now
  const told = new URLSearchParams({sort: column, descending: sort.descending});
  if (choice.bands.size < BAND_IDS.length) for (const band of choice.bands) told.append("bands", band);
  for (const field of FIELDS) if (choice[field]) told.set(field, choice[field]);
  if (choice.hour) told.set("hour", choice.hour);
  return `/api/v1/map/table.csv?${told}`;
}

const lowered = (text) => text.toLocaleLowerCase();
let kept = {bins: null, q: null, mask: null};

/** Which bins have the words in their place's name or their id; asked again with the same words, it is there. */
function named(bins, q) {
  if (kept.bins === bins && kept.q === q) return kept.mask;
  const wanted = lowered(q);
  const ofSite = bins.sites.map(({name}) => lowered(name));
  const mask = Uint8Array.from(bins.ids, (id, bin) => Number(`${ofSite[bins.site[bin]]} ${lowered(id)}`.includes(wanted)));
  kept = {bins, q, mask};
  return mask;
}

/**
 * @param {import("./bins.js").Bins} bins @param {Choice} choice
 * @returns {{bands: Uint8Array, mask: Uint8Array, shown: number, counts: Record<string, number>, overByArea: Map}}
 *   `bands` at the choice's hour; `mask` is 1 for a bin that passes; counts ignore the bands, so a hidden band has one.
 */
export function look(bins, choice) {
  const bands = bins.bandsAt(choice.hour);
  const mask = new Uint8Array(bins.length);
  const counts = new Array(BAND_IDS.length).fill(0);
  const allowed = BAND_IDS.map((band) => choice.bands.has(band));
  const fraction = choice.fraction ? bins.places.fractions.indexOf(choice.fraction) : null;
  const area = choice.area ? bins.areas.indexOf(choice.area) : null;
  const sensor = choice.sensor ? SENSOR_STATES.indexOf(choice.sensor) : null;
  const plan = choice.plan ? PLAN_STATES.indexOf(choice.plan) : null;
  const words = choice.q ? named(bins, choice.q) : null;
  const overByArea = new Map();
  let shown = 0;
  for (let bin = 0; bin < bins.length; bin += 1) {
    if (fraction !== null && bins.places.fraction[bin] !== fraction) continue;
    if (area !== null && bins.sites[bins.site[bin]].area_index !== area) continue;
    if (sensor !== null && bins.sensor[bin] !== sensor) continue;
    if (plan !== null && bins.plan[bin] !== plan) continue;
    if (words && !words[bin]) continue;
    const band = bands[bin];
    counts[band] += 1;
    if (band === BAND_IDS.length - 1) {
      const name = bins.sites[bins.site[bin]].area;
      overByArea.set(name, (overByArea.get(name) ?? 0) + 1);
    }
    if (!allowed[band]) continue;
    mask[bin] = 1;
    shown += 1;
  }
  return {bands, mask, shown, overByArea, counts: Object.fromEntries(BAND_IDS.map((band, n) => [band, counts[n]]))};
}
