/** Days as the registry tells them. */

/** A day with its year, without the time. */
export const yearDay = (utc, {locale, timeZone}) => new Intl.DateTimeFormat(locale, {timeZone, dateStyle: "medium"}).format(new Date(utc));

/** A day with its year and time: a registry looks back over years. */
export const longDay = (utc, {locale, timeZone}) => new Intl.DateTimeFormat(locale, {
  timeZone, dateStyle: "medium", timeStyle: "short",
}).format(new Date(utc));
