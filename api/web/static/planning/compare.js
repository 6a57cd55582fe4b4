/** The plan beside yesterday, beside the fixed rounds and beside a threshold rule, on the same streets. */
import {useWords} from "../lib/context.js";
import {html, useEffect} from "../lib/html.js";
import {failureText} from "../office/refused.js";
import {differenceText} from "./numbers.js";

const OTHERS = ["yesterday", "fixed_rounds", "threshold"];

/** What is compared, and how each number is written. */
const ROWS = [
  ["distance_m", (format) => format.km],
  ["work_s", (format) => format.duration],
  ["lifts", (format) => format.whole],
  ["stops", (format) => format.whole],
  ["disposals", (format) => format.whole],
  ["volume_l", (format) => format.litres],
  ["co2_kg", (format) => format.kg],
  ["expected_overflows", (format) => format.tenth],
  ["cost_minor", (format) => format.money],
];

function Cell({own, other, write}) {
  const {t, format} = useWords();
  if (other === null || other === undefined) return html`<td>–</td>`;
  return html`<td><b>${write(other)}</b><small>${differenceText(own, other, write, t, format)}</small></td>`;
}

export function Comparison({desk, state}) {
  const words = useWords();
  const {t, format} = words;
  const {plan, comparison} = state;
  useEffect(() => {
    if (!comparison) desk.compare();
  }, [plan.id, comparison]);
  if (!comparison) return html`<p class="empty" role="status">${state.fault ? "" : t("compare.computing")}</p>`;
  const named = (each) => {
    if (each === "yesterday" && comparison[each]) return format.shortDay(`${comparison[each].day}T12:00:00Z`);
    if (comparison[each]) return "";
    if (each === "yesterday") return t("compare.missing");
    return comparison.rules === "failed" ? failureText(comparison, words) : t("compare.soon");
  };
  return html`<div class="table-box compare" tabindex="0" role="region" aria-label=${t("view.compare")}>
    <table><caption>${t("compare.caption")}</caption>
      <thead><tr><th scope="col">${t("compare.what")}</th><th scope="col">${t("compare.this")}</th>
        ${OTHERS.map((each) => html`<th key=${each} scope="col">${t(`compare.${each}`)}
          <small>${named(each)}</small></th>`)}</tr></thead>
      <tbody>${ROWS.map(([name, writeBy]) => {
        const write = writeBy(format);
        const own = comparison.this[name];
        return html`<tr key=${name}><th scope="row">${t(`compare.${name}`)}</th>
          <td><b>${own === null ? "–" : write(own)}</b></td>
          ${OTHERS.map((each) => html`<${Cell} key=${each} own=${own} other=${comparison[each]?.[name]} write=${write} />`)}</tr>`;
      })}</tbody></table>
    <p class="hint">${t("compare.note")}</p></div>`;
}
