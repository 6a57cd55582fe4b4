/** How a figure went, period by period and for all three, as a chart and as its table. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {Chart, LINES} from "./chart.js";
import {MEASURES, SIDES, valueOf} from "./measures.js";

function Sample({side}) {
  const {dash} = LINES[side];
  return html`<svg class=${`sample ${side}`} width="34" height="10" viewBox="0 0 34 10" aria-hidden="true" focusable="false">
    <path d="M1 5h32" stroke-dasharray=${dash.join(" ")} /></svg>`;
}

/** A period's days in words: one day, or from and to. */
export function periodName(period, format) {
  const first = format.shortDay(`${period.first}T12:00:00Z`);
  return period.first === period.last ? first : `${format.shortDate(`${period.first}T12:00:00Z`)} – ${
    format.shortDate(`${period.last}T12:00:00Z`)}`;
}

function Twin({figures}) {
  const {t, format} = useWords();
  const names = Object.keys(MEASURES);
  return html`<div class="scroll twin" role="region" tabindex="0" aria-label=${t("figures.table")}><table>
    <caption class="visually-hidden">${t("figures.table")}</caption>
    <thead><tr><th scope="col">${t("figures.period")}</th><th scope="col">${t("figures.who")}</th>${names.map((name) => html`
      <th scope="col" key=${name} class="number">${t(`figures.measure.${name}`)}</th>`)}</tr></thead>
    ${figures.periods.toReversed().map((period) => html`<tbody key=${period.first}>${SIDES.map((side, at) => html`<tr key=${side}>
      ${at === 0 && html`<th scope="rowgroup" rowspan="3">${periodName(period, format)}
        ${period.counted < period.days && html`<small>${t("figures.not_counted", {
          days: format.whole(period.days - period.counted)})}</small>`}</th>`}
      <th scope="row"><${Sample} side=${side} />${t(`figures.side.${side}`)}</th>
      ${names.map((name) => html`<td key=${name} class="number">${
        MEASURES[name].write(format, valueOf(period, side, name))}</td>`)}</tr>`)}</tbody>`)}</table></div>`;
}

export function Course({figures, measure, desk}) {
  const {t} = useWords();
  return html`<section class="card"><h3>${t("figures.course")}</h3>
    <div class="choices" role="group" aria-label=${t("figures.measures")}>${Object.keys(MEASURES).map((name) => html`<button
      type="button" key=${name} aria-pressed=${measure === name} onClick=${() => desk.show(name)}>
      ${t(`figures.measure.${name}`)}</button>`)}</div>
    <ul class="legend">${SIDES.map((side) => html`<li key=${side}><${Sample} side=${side} />${t(`figures.side.${side}`)}</li>`)}</ul>
    <${Chart} periods=${figures.periods} measure=${measure} />
    <div class="below"><a class="button" href=${desk.tablePath()} download>${t("figures.csv")}</a></div>
    <details><summary>${t("figures.as_table")}</summary><${Twin} figures=${figures} /></details></section>`;
}
