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

export function Totals({state}) {
  const {t, format} = useWords();
  const {plan, before} = state;
  const [now, was] = [plan?.totals, before?.totals];
  return html`<section aria-label=${t("planning.figures")}><ul class="figures seven">${FIGURES.map(([name, writeBy]) => {
    const write = writeBy(format);
    const changed = now && was ? differenceText(now[name], was[name], write, t, format)
      : t(`total_sub.${name}`);
    return html`<${Figure} key=${name} value=${now ? write(now[name]) : "–"} label=${t(`total.${name}`)} sub=${changed} />`;
  })}</ul></section>`;
}
