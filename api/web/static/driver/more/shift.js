/** The shift so far: what was done, what was left, and everything this system holds about it. */
import {useWords} from "../../lib/context.js";
import {html} from "../../lib/html.js";
import {counted, isDone} from "../route.js";

const KEPT = ["bin_id", "disposal_site_id", "skip_reason", "report", "note", "weight_kg", "ticket", "lat_deg", "lon_deg"];

function Sum({stops, records}) {
  const {t, format} = useWords();
  const bins = counted(stops).filter((stop) => stop.kind === "collect");
  const emptied = bins.filter((stop) => stop.state === "emptied").length;
  const skipped = bins.filter((stop) => stop.state === "skipped").length;
  const weighed = records.filter((record) => record.event.weight_kg && !isUndone(record, records));
  const kg = weighed.reduce((sum, record) => sum + record.event.weight_kg, 0);
  const fact = (word, value) => html`<div><dt>${t(word)}</dt><dd>${value}</dd></div>`;
  return html`<dl class="sums">
    ${fact("shift.emptied", emptied)}${fact("shift.skipped", skipped)}
    ${fact("shift.left", bins.filter((stop) => !isDone(stop)).length)}
    ${fact("shift.unloadings", stops.filter((stop) => stop.kind === "dispose" && isDone(stop)).length)}
    ${fact("shift.weighed", format.kg(kg))}
    ${fact("shift.waiting", records.filter((record) => record.status === "waiting").length)}
  </dl>`;
}

const isUndone = (record, records) => records.some((each) => each.event.undoes_key === record.key);

export function Shift({state, stops}) {
  const {t, format} = useWords();
  const {records, route} = state;
  const own = records.filter((record) => record.event.vehicle_id === route.vehicle_id);
  const worded = {skip_reason: (value) => t(`skip.${value}`), report: (value) => t(`report_kind.${value}`)};
  const said = ({event, name: place}) => [
    format.time(new Date(event.tapped_utc)), t(`held.kind.${event.kind}`), place, event.overflowing && t("driver.beside"),
    ...KEPT.filter((name) => event[name] != null && event[name] !== "")
      .map((name) => `${t(`held.${name}`)}: ${worded[name]?.(event[name]) ?? event[name]}`),
  ].filter(Boolean).join(" · ");
  return html`<${Sum} stops=${stops} records=${own} />
    <details><summary>${t("shift.held", {n: own.length})}</summary>
      <p class="hint">${t("shift.held_hint")}</p>
      <ul class="held">${own.map((record) => html`<li key=${record.key}>${said(record)}</li>`)}</ul></details>`;
}
