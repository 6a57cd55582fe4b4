/** Why a bin is on the plan, or not: the planner's code and numbers, in words. */

/** Which number of a reason is written how; a number not named here is written as it is. */
const WRITTEN_AS = {
  p_overflow: "pct",
  alpha: "pct",
  fill_fraction: "pct",
  by_h: "hours",
  silent_h: "hours",
  due_in_h: "hours",
  asked_h: "hours",
  ago_h: "hours",
  work_h: "tenth",
  shift_h: "tenth",
  passes_m: "metres",
  prize_minor: "money",
  saves_minor: "money",
  later_minor: "money",
  days_early: "tenth",
  days_since_emptied: "tenth",
  limit_days: "tenth",
  volume_l: "litres",
  weight_kg: "kg",
};

/**
 * @param {{code: string, values: Record<string, number>}} reason
 * @param {(key: string, values?: object) => string} t
 * @param {ReturnType<import("./format.js").createFormat>} format
 * @returns {string} One sentence.
 */
export function reasonText(reason, t, format) {
  const written = {};
  // An old plan may lack a number, never a sentence.
  for (const name of Object.keys(WRITTEN_AS)) written[name] = "–";
  for (const [name, value] of Object.entries(reason.values ?? {})) {
    // "within 0 m".
    written[name] = format[WRITTEN_AS[name] ?? "tenth"](name === "passes_m" ? Math.max(10, value) : value);
  }
  return t(`reason.${reason.code}`, written);
}

/** The short form, for a heading or a badge. */
export const reasonTitle = (code, t) => t(`reason_title.${code}`);
