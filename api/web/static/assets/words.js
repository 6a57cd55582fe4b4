/** The server's plain English about a refused field, in the language of the page; what is not known stays as it is. */

const BOUNDS = [
  [/^must be within \[(.+), (.+)\]$/, "bound.within", ["low", "high"]],
  [/^must be given$/, "bound.given", []],
  [/^must be a number such as/, "bound.number", []],
  [/^must be a whole number$/, "bound.whole", []],
  [/^must be yes or no/, "bound.yes_no", []],
  [/^must be a time/, "bound.time", []],
  [/^must be one of (.+)$/, "bound.one_of", ["names"]],
  [/^must be a known (?:site|container type)$/, "bound.known", []],
  [/^must be below empty_mm \((.+)\)$/, "bound.below_empty", ["mm"]],
  [/^must be without \//, "bound.no_slash", []],
  [/^must not lie/, "bound.not_ahead", []],
  [/^must stand once, but line (\d+)/, "bound.once", ["line"]],
  [/^must hang in one bin, but line (\d+)/, "bound.one_bin", ["line"]],
  [/^must be told alike for each bin there: line (\d+) differs in (.+)$/, "bound.alike", ["line", "name"]],
];

/** @param {string} bound @param {Function} t */
export function boundWords(bound, t) {
  for (const [pattern, key, names] of BOUNDS) {
    const found = pattern.exec(bound);
    if (found) return t(key, Object.fromEntries(names.map((name, index) => [name, found[index + 1]])));
  }
  return bound;
}

/** A day with its year, without the time. */
export const yearDay = (utc, {locale, timeZone}) => new Intl.DateTimeFormat(locale, {timeZone, dateStyle: "medium"}).format(new Date(utc));

/** A day with its year and time: a registry looks back over years. */
export const longDay = (utc, {locale, timeZone}) => new Intl.DateTimeFormat(locale, {
  timeZone, dateStyle: "medium", timeStyle: "short",
}).format(new Date(utc));
