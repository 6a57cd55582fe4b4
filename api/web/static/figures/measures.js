/** Every key figure: how it comes out of the sums that the server tells, and how it is written. */

const ratio = (part, whole) => (whole ? part / whole : null);

/** Mean fill at emptying, as a fraction. */
export const meanFill = (side) => ratio(side.fill_pct / 100, side.lifts);

/** Its standard deviation over the lifts. */
export function spreadOfFill(side) {
  if (!side.lifts) return null;
  const mean = side.fill_pct / side.lifts;
  return Math.sqrt(Math.max(0, side.fill_pct_squared / side.lifts - mean * mean)) / 100;
}

/** `of` a side's sums; `driven`: of the real side it is known only for days that count. */
export const MEASURES = {
  distance: {driven: true, of: (side) => side.distance_m / 1000, write: (format, value) => format.tenth(value)},
  hours: {driven: true, of: (side) => (side.driving_s + side.work_s) / 3600, write: (format, value) => format.tenth(value)},
  lifts: {of: (side) => side.lifts, write: (format, value) => format.whole(value)},
  fill: {of: meanFill, write: (format, value) => format.pct(value)},
  needless: {of: (side) => ratio(side.needless, side.lifts), write: (format, value) => format.pct(value)},
  overflow: {of: (side) => side.overflow_min / 60, write: (format, value) => format.tenth(value)},
  co2: {driven: true, of: (side) => side.co2_g / 1000, write: (format, value) => format.whole(value)},
  cost: {driven: true, of: (side) => side.cost_minor, write: (format, value) => format.money(value)},
};

/** One side's figure in a period; null where nobody knows what was driven. All three sides speak of the same days. */
export function valueOf(period, side, name) {
  const {of, driven} = MEASURES[name];
  if (driven && period.counted && period.counted < period.days) return of(period.counted_figures[side]);
  return driven && !period.counted && side === "done" ? null : of(period.figures[side]);
}

export const SIDES = ["done", "fixed", "threshold"];

/** What was done in some periods, added up: on the days that count, or on all of them. */
export function totalDone(periods, which) {
  const sums = {};
  for (const period of periods) {
    for (const [name, value] of Object.entries(period[which].done)) sums[name] = (sums[name] ?? 0) + value;
  }
  return sums;
}

/** "24.5 h", and "1,166 h" where nobody reads a tenth. */
export function roundHours(format, hours) {
  const tenths = Math.round(hours * 10) / 10 || 0; // no "-0 h"
  return `${Math.abs(tenths) < 100 ? format.tenth(tenths) : format.whole(tenths)} h`;
}

/** A share in whole percents; a small loss is "0%", not "-0%". */
export const wholePct = (format, share) => format.pct(Math.round(share * 100) / 100 || 0);
