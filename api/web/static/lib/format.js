/** Numbers and times as people in the organisation write them. Times are shown in the organisation's timezone. */

/**
 * @param {string} language "sv" or "en"
 * @param {{timezone: string, currency: string}} organisation
 */
export function createFormat(language, organisation) {
  const locale = language === "sv" ? "sv-SE" : "en-GB";
  const timeZone = organisation?.timezone ?? "Europe/Stockholm";
  const currency = organisation?.currency ?? "SEK";
  const number = (options) => new Intl.NumberFormat(locale, options);
  const moment = (options) => new Intl.DateTimeFormat(locale, {timeZone, ...options});
  const percent = number({style: "percent", maximumFractionDigits: 0});
  const percentDown = number({style: "percent", maximumFractionDigits: 0, roundingMode: "floor"});
  const whole = number({maximumFractionDigits: 0});
  const tenth = number({maximumFractionDigits: 1});
  const days = number({style: "unit", unit: "day", unitDisplay: "long", maximumFractionDigits: 1});
  const money = number({style: "currency", currency, maximumFractionDigits: 0});
  const clock = moment({hour: "2-digit", minute: "2-digit"});
  const day = moment({weekday: "long", day: "numeric", month: "long"});
  const shortDay = moment({weekday: "short", day: "numeric", month: "short"});
  const fractionDigits = new Intl.NumberFormat("en", {style: "currency", currency}).resolvedOptions()
    .maximumFractionDigits;
  const shortDate = moment({day: "numeric", month: "short"});
  const asDate = (utc) => new Date(utc);
  const absent = (value) => value === null || value === undefined || Number.isNaN(value);

  return {
    locale,
    timeZone,
    /** 0.834 -> "83 %" */
    pct: (fraction) => (absent(fraction) ? "–" : percent.format(fraction)),
    /** A fill level: never rounded up into the next band, so 89.7 % is not "90 %". */
    fill: (fraction) => (absent(fraction) ? "–" : percentDown.format(fraction)),
    whole: (value) => (absent(value) ? "–" : whole.format(value)),
    tenth: (value) => (absent(value) ? "–" : tenth.format(value)),
    km: (metres) => (absent(metres) ? "–" : `${tenth.format(metres / 1000)} km`),
    /** 118 -> "120 m", 1340 -> "1.3 km": no distance on the road is known better. */
    metres(value) {
      if (absent(value)) return "–";
      return value < 995 ? `${whole.format(Math.round(value / 10) * 10)} m` : `${tenth.format(value / 1000)} km`;
    },
    litres: (value) => (absent(value) ? "–" : `${whole.format(value)} l`),
    kg: (value) => (absent(value) ? "–" : `${whole.format(value)} kg`),
    /** Money arrives in minor units (öre, cent). */
    money: (minor) => (absent(minor) ? "–" : money.format(minor / 10 ** fractionDigits)),
    time: (utc) => (absent(utc) ? "–" : clock.format(asDate(utc))),
    day: (utc) => (absent(utc) ? "–" : day.format(asDate(utc))),
    shortDate: (utc) => (absent(utc) ? "–" : shortDate.format(asDate(utc))),
    shortDay: (utc) => (absent(utc) ? "–" : shortDay.format(asDate(utc))),
    dayTime: (utc) => (absent(utc) ? "–" : `${shortDay.format(asDate(utc))} ${clock.format(asDate(utc))}`),
    /** "08:17" today, "21 Nov" before. */
    timeOrDay(utc, nowMs) {
      if (absent(utc)) return "–";
      const isToday = shortDay.format(asDate(utc)) === shortDay.format(asDate(nowMs));
      return isToday ? clock.format(asDate(utc)) : shortDate.format(asDate(utc));
    },
    /** 7500 -> "2 h 5 min" */
    duration(seconds) {
      if (absent(seconds)) return "–";
      const minutes = Math.max(0, Math.round(seconds / 60));
      const hours = Math.floor(minutes / 60);
      if (!hours) return `${minutes} min`;
      return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
    },
    /** 30.4 -> "30 h", 61 -> "2.5 days": how long until, or since. */
    hours(value) {
      if (absent(value)) return "–";
      if (value < 1) return `${Math.max(0, Math.round(value * 60))} min`;
      return value < 48 ? `${whole.format(value)} h` : days.format(value / 24);
    },
  };
}
