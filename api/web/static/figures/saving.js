/** What was saved against each rule: one sentence that anybody understands, and the numbers behind it. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {glued} from "../office/glued.js";
import {roundHours, wholePct} from "./measures.js";

/** How a measure of a saving is written. */
const WRITE = {
  distance_m: (format, value) => format.km(value),
  time_s: (format, value) => roundHours(format, value / 3600),
  cost_minor: (format, value) => format.money(value),
  co2_g: (format, value) => `${format.tenth(value / 1000)} kg`,
  lifts: (format, value) => format.tenth(value),
  overflow_min: (format, value) => roundHours(format, value / 60),
};

const isSure = ({low, high}) => low !== null && (low > 0 || high < 0);

/** "5.9 km a day less (3.1 to 8.7)", or more, or perhaps chance. */
function sentence(saving, t, format) {
  const km = saving.measures.find((each) => each.name === "distance_m");
  if (!saving.counted) return t("figures.saving.none");
  const way = km.per_day >= 0 ? "less" : "more";
  const [low, high] = way === "less" || km.low === null ? [km.low, km.high] : [-km.high, -km.low];
  const values = {
    km: format.km(Math.abs(km.per_day)), days: format.whole(saving.counted), low: format.km(low), high: format.km(high),
    pct: format.pct(km.of ? Math.abs(km.total) / km.of : null),
  };
  if (saving.method === "too_few") return glued(t(`figures.saving.${way}_few`, values));
  return glued(t(`figures.saving.${way}${isSure(km) ? "" : "_unsure"}`, values));
}

/** The other side of the coin: fewer lifts at the price of overflow would be no saving. */
function overflow(saving, t, format) {
  const {per_day: perDay} = saving.measures.find((each) => each.name === "overflow_min");
  if (!saving.counted) return "";
  return t(perDay >= 0 ? "figures.saving.overflow_less" : "figures.saving.overflow_more",
    {hours: roundHours(format, Math.abs(perDay) / 60)});
}

function Row({measure}) {
  const {t, format} = useWords();
  const write = (value) => WRITE[measure.name](format, value);
  return html`<tr><th scope="row">${t(`figures.saved.${measure.name}`)}</th>
    <td>${write(measure.total)}</td><td>${measure.of ? wholePct(format, measure.total / measure.of) : "–"}</td>
    <td>${write(measure.per_day)}</td>
    <td>${measure.low === null ? "–" : t("figures.between", {low: write(measure.low), high: write(measure.high)})}</td></tr>`;
}

const HEADS = ["total", "share", "per_day", "interval"];

/** A rule that has not the trucks for its own bins looks cheaper than it is. */
function leftBehind(figures, side) {
  return figures.periods.reduce((sum, each) => sum + each.counted_figures[side].left_behind, 0);
}

function Against({saving, figures}) {
  const {t, format} = useWords();
  const name = t(`figures.against.${saving.against}`, {pct: format.pct(figures.threshold_fraction)});
  const left = leftBehind(figures, saving.against);
  return html`<section class="card saving" aria-label=${name}>
    <h3>${name}</h3>
    <p class="plain">${sentence(saving, t, format)}</p>
    <p>${overflow(saving, t, format)}${left > 0 && ` ${t("figures.saving.left", {bins: format.tenth(left / saving.counted)})}`}</p>
    ${saving.counted > 0 && html`<div class="scroll" role="region" tabindex="0" aria-label=${t("figures.saved_table", {name})}><table>
      <thead><tr><th scope="col">${t("figures.saved")}</th>${HEADS.map((head) => html`<th scope="col" key=${head}>
        ${t(`figures.saved.${head}`)}</th>`)}</tr></thead>
      <tbody>${saving.measures.map((each) => html`<${Row} key=${each.name} measure=${each} />`)}</tbody></table></div>`}
    <p class="hint">${t(`figures.method.${saving.method}`, {days: format.whole(saving.counted)})}</p></section>`;
}

export function Savings({figures}) {
  const {t} = useWords();
  return html`<div class="savings" role="group" aria-label=${t("figures.saving")}>${figures.saving.map((each) => html`
    <${Against} key=${each.against} saving=${each} figures=${figures} />`)}</div>`;
}
