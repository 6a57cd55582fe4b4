/** The plan in figures, each beside what it was before the last change. */
import {useWords} from "../lib/context.js";
import {Figure} from "../lib/figure.js";
import {html} from "../lib/html.js";
import {differenceText} from "./numbers.js";

/** Which figures there are and how each is written. */
export const FIGURES = [
  ["distance_m", (format) => format.km],
  ["work_s", (format) => format.duration],
  ["lifts", (format) => format.whole],
  ["disposals", (format) => format.whole],
  ["co2_kg", (format) => format.kg],
  ["expected_overflows", (format) => format.tenth],
  ["cost_minor", (format) => format.money],
];

const LONG_S = 100 * 3600;
/** Of a whole city's working hours nobody reads the minutes, and they do not fit. */
const shown = (name, value, write, format) => (name === "work_s" && value >= LONG_S ? `${format.whole(value / 3600)} h` : write(value));

export function Totals({state}) {
  const {t, format} = useWords();
  const {plan, before} = state;
  const [now, was] = [plan?.totals, before?.totals];
  return html`<section aria-label=${t("planning.figures")}><ul class="figures seven">${FIGURES.map(([name, writeBy]) => {
    const write = writeBy(format);
    const changed = now && was ? differenceText(now[name], was[name], write, t, format)
      : t(`total_sub.${name}`);
    return html`<${Figure} key=${name} value=${now ? shown(name, now[name], write, format) : "–"} label=${t(`total.${name}`)} sub=${changed} />`;
  })}</ul></section>`;
}
