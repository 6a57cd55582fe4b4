/** The line's twin: every stop in cells, by truck and by what became of it. */
import {useWords} from "../lib/context.js";
import {html, useMemo} from "../lib/html.js";
import {Sign} from "./marks.js";
import {inOrder} from "./scale.js";
import {lateText, outcomeText, placeOf} from "./words.js";

const COLUMNS = ["truck", "stop", "place", "planned", "outcome", "apart", "remarks"];
export const STATES = {
  todo: (stop) => stop.state === "todo", late: (stop) => stop.is_late, skipped: (stop) => stop.state === "skipped",
  emptied: (stop) => stop.state === "emptied", extra: (stop) => stop.is_extra,
  flagged: (stop) => stop.flags.length > 0 || stop.overflowing,
};
const SIGNS = {todo: "todo", late: "late", skipped: "skipped", emptied: "emptied", extra: "extra"};

function Tools({routes, filter, counts, onFilter}) {
  const {t, format} = useWords();
  return html`<div class="filters"><label><span>${t("followup.col.truck")}</span>
      <select value=${filter.truck} onChange=${(event) => onFilter({truck: event.target.value})}>
        <option value="">${t("followup.all_trucks")}</option>
        ${routes.map((route) => html`<option key=${route.vehicle_id} value=${route.vehicle_id}>${route.vehicle_name}</option>`)}
      </select></label>
    <div role="group" aria-label=${t("followup.by_state")}>${Object.keys(STATES).map((state) => html`<button type="button"
      key=${state} class="choice" aria-pressed=${filter.state === state}
      onClick=${() => onFilter({state: filter.state === state ? "" : state})}>
      ${SIGNS[state] && html`<${Sign} look=${SIGNS[state]} />`}<span>${t(`followup.filter.${state}`)}</span>
      <b>${format.whole(counts[state])}</b></button>`)}</div></div>`;
}

function Row({stop, route, onSelect}) {
  const {t, format} = useWords();
  const remarks = [...stop.flags.map((flag) => t(`flag.${flag}`)), stop.overflowing && t("followup.overflowing"),
    stop.is_extra && t("followup.not_planned"), stop.done_by_vehicle_id && t("followup.by_other")].filter(Boolean);
  return html`<tr><td>${route.vehicle_name}</td><td class="number">${stop.number ?? "–"}</td>
    <th scope="row"><button type="button" class="link" onClick=${() => onSelect(route.vehicle_id, stop.key)}>${placeOf(stop, t)}</button>
      <small>${stop.bin_id ?? ""}</small></th>
    <td class="number">${format.time(stop.planned_utc)}</td>
    <td><span class="outcome"><${Sign} look=${stop.look} />${outcomeText(stop, t, format)}</span></td>
    <td class=${stop.is_late ? "warn" : ""}>${lateText(stop, t, format)}</td><td class="remarks">${remarks.join(", ")}</td></tr>`;
}

export function StopTable({routes, filter, onFilter, onSelect}) {
  const {t} = useWords();
  const all = useMemo(() => routes.flatMap((route) => inOrder(route).map((stop) => ({stop, route}))), [routes]);
  const ofTruck = all.filter(({route}) => !filter.truck || route.vehicle_id === filter.truck);
  const counts = Object.fromEntries(Object.entries(STATES).map(([state, is]) => [state,
    ofTruck.filter(({stop}) => is(stop)).length]));
  const shown = filter.state ? ofTruck.filter(({stop}) => STATES[filter.state](stop)) : ofTruck;
  return html`<${Tools} routes=${routes} filter=${filter} counts=${counts} onFilter=${onFilter} />
    <div class="cells" tabindex="0" role="region" aria-label=${t("followup.table")}>
      <table><caption class="visually-hidden">${t("followup.table")}</caption>
        <thead><tr>${COLUMNS.map((name) => html`<th key=${name} scope="col">${t(`followup.col.${name}`)}</th>`)}</tr></thead>
        <tbody>${shown.map(({stop, route}) => html`<${Row} key=${route.vehicle_id + stop.key} stop=${stop} route=${route}
          onSelect=${onSelect} />`)}</tbody></table>
      ${!shown.length && html`<p class="empty">${t("followup.none_such")}</p>`}</div>`;
}
