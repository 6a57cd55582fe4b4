/** Differences in words and signs, and the numbers of a broken rule. */

/**
 * "+3,2 km (4 % more)": never by colour alone, and nothing where there is nothing to say.
 *
 * @param {number|null|undefined} value @param {number|null|undefined} base
 * @param {(value: number) => string} write How one such number is written.
 */
export function differenceText(value, base, write, t, format) {
  if (value === null || value === undefined || base === null || base === undefined) return t("diff.unknown");
  const extra = value - base;
  const written = write(Math.abs(extra));
  if (written === write(0)) return t("diff.same");
  const text = `${extra > 0 ? "+" : "−"}${written}`;
  const part = base && format.pct(Math.abs(extra / base));
  if (!part || part === format.pct(0)) return text;
  return t(extra > 0 ? "diff.more" : "diff.less", {value: text, part});
}

/** 0.0234 -> "0.023", 16.4 -> "16": what is seldom and what is common on one scale. */
export const few = (value, format) => new Intl.NumberFormat(format.locale, {maximumSignificantDigits: 2}).format(value);

const ENDINGS = [
  ["_s", (value, format) => format.duration(value)],
  ["_l", (value, format) => format.litres(value)],
  ["_kg", (value, format) => format.kg(value)],
];

/** The name of a number carries its unit. */
function written(name, value, format) {
  if (name === "p_overflow") return format.pct(value);
  return ENDINGS.find(([ending]) => name.endsWith(ending))?.[1](value, format) ?? format.whole(value);
}

/** @param {{code: string, values: Record<string, number>}} warning @returns {string} One sentence. */
export function warningText({code, values = {}}, t, format) {
  const filled = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, written(name, value, format)]));
  const isEarly = code === "break_time" && values.early_s !== undefined;
  return t(isEarly ? "warning.break_early" : `warning.${code}`, filled);
}
