/** How full is how full: the same four bands, and one for "we do not know", on map, table, filters and figures. */

/** Ordered from calm to urgent. `from` is the lowest fill fraction of the band. */
export const BANDS = [
  {id: "none", from: Number.NEGATIVE_INFINITY, shape: "ring"},
  {id: "low", from: 0, shape: "dot"},
  {id: "mid", from: 0.5, shape: "circle"},
  {id: "high", from: 0.75, shape: "diamond"},
  {id: "full", from: 0.9, shape: "octagon"},
];

/** @param {number|null|undefined} fillFraction @returns {"none"|"low"|"mid"|"high"|"full"} */
export function bandOf(fillFraction) {
  if (fillFraction === null || fillFraction === undefined || Number.isNaN(fillFraction)) return "none";
  return BANDS.findLast((band) => fillFraction >= band.from).id;
}
