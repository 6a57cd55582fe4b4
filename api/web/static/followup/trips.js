/** Loads, rests and reports of each truck: planned beside done, in small tables. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";

function Trips({route}) {
  const {t, format} = useWords();
  return route.trips.map((trip, index) => html`<tr key=${`trip-${index}`}><th scope="row">${trip.name}</th>
    <td>${format.time(trip.planned_utc)}</td><td>${trip.done_utc ? format.time(trip.done_utc) : t("followup.to_come")}</td>
    <td class="number">${format.kg(trip.collected_kg ?? trip.planned_kg)}</td>
    <td class="number">${trip.weighed_kg === null ? (trip.done_utc ? t("followup.not_weighed") : "–") : format.kg(trip.weighed_kg)}
      ${trip.ticket && html` <small>${trip.ticket}</small>`}</td></tr>`);
}

function Rests({route}) {
  const {t, format} = useWords();
  return route.breaks.map((rest, index) => html`<tr key=${`rest-${index}`}><th scope="row">${t("followup.break")}</th>
    <td>${rest.planned_utc ? `${format.time(rest.planned_utc)} (${format.duration(rest.planned_s)})` : "–"}</td>
    <td colspan="3">${rest.begun_utc || rest.ended_utc ? `${format.time(rest.begun_utc)} – ${rest.ended_utc
      ? format.time(rest.ended_utc) : t("followup.resting")}` : t("followup.to_come")}</td></tr>`);
}

const COLUMNS = ["what", "planned", "outcome", "expected_kg", "weighed"];

export function TripsAndRests({routes}) {
  const {t, format} = useWords();
  const reports = routes.flatMap((route) => route.reports.map((report) => ({...report, vehicle: route.vehicle_name})));
  return html`<section class="panel" aria-labelledby="trips-title"><h2 id="trips-title">${t("followup.trips")}</h2>
    ${routes.filter((route) => route.trips.length || route.breaks.length).map((route) => html`<table key=${route.vehicle_id} class="trips">
      <caption>${route.vehicle_name}</caption>
      <thead><tr>${COLUMNS.map((name) => html`<th key=${name} scope="col">${t(`followup.trip.${name}`)}</th>`)}</tr></thead>
      <tbody><${Trips} route=${route} /><${Rests} route=${route} /></tbody></table>`)}
    ${reports.length > 0 && html`<h3>${t("followup.reports")}</h3><ul class="reports">${reports.map((each) => html`<li
      key=${each.at_utc + each.kind}>${format.time(each.at_utc)} · ${each.vehicle} · <b>${t(`report_kind.${each.kind}`)}</b>
      ${each.name && ` · ${each.name}`} ${each.note && html`<q>${each.note}</q>`}</li>`)}</ul>`}
  </section>`;
}
