/** The sensors, whoever needs attention first. */
import {nowMs} from "../lib/clock.js";
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {Pager} from "../lib/pager.js";
import {PAGE} from "./desk.js";

const STATES = ["", "alert", "silent", "odd", "never", "not_installed", "ok"];
/** What stands in a column, and by which of the server's orders it can be sorted: worst first. */
const COLUMNS = [
  ["sensor", "id"], ["place"], ["state", "state"], ["fill"], ["measured", "seen"], ["battery", "battery", "days_left"],
  ["signal", "signal"], ["noise", "noise"],
];

/** A state's sign: its shape says it without the colour. */
function StateMark({state}) {
  const paths = {
    alert: "M12 2.500L22 20.500H2z", silent: "M4 12h16", odd: "M3 14c3-8 6-8 9-2s6 6 9-2", ok: "M4 12.500l5.500 5.500L20 7",
    never: "M12 4a8 8 0 1 1-.01 0", not_installed: "M5 5l14 14M19 5L5 19",
  };
  return html`<svg class=${`state ${state}`} width="18" height="18" viewBox="0 0 24 24" fill="none" stroke="currentcolor"
    stroke-width="3" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
    <path d=${paths[state]} /></svg>`;
}

function Tools({state, onLook}) {
  const {t, format} = useWords();
  const {query, counts, total} = state;
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return html`<div class="tools one-row">
    <div class="bands" role="group" aria-label=${t("sensors.filter")}>${STATES.map((each) => html`<button type="button"
      key=${each} class="chip one" aria-pressed=${query.state === each} onClick=${() => onLook({state: each})}>
      ${each && html`<${StateMark} state=${each} />`}<span>${t(`sensors.state.${each || "all"}`)}</span>
      <b>${format.whole(each ? (counts[each] ?? 0) : all)}</b></button>`)}</div>
    <label><span class="visually-hidden">${t("sensors.search_hint")}</span>
      <input type="search" placeholder=${t("sensors.search_hint")} value=${query.q}
        onInput=${(event) => onLook({q: event.target.value})} /></label>
      <p class="count" role="status">${t("sensors.showing", {shown: format.whole(total), n: all, all: format.whole(all)})}</p>
  </div>`;
}

function Row({sensor, now}) {
  const {t, format} = useWords();
  const remarks = [...sensor.alerts.map((each) => t(`alert.${each}`)), ...sensor.quality.map((each) => t(`quality.${each}`))];
  const optional = (value, key, name) => (value === null ? "–" : t(key, {[name]: format.tenth(value)}));
  return html`<tr>
    <th scope="row"><b>${sensor.id}</b><small>${[sensor.make, sensor.model].filter(Boolean).join(" ")}</small></th>
    <td class="place">${sensor.place ?? t("sensors.nowhere")}<small>${sensor.bin_id ?? ""}</small></td>
    <td class="verdict"><span class=${`sensor-state ${sensor.state}`}><${StateMark} state=${sensor.state} />
      ${t(`sensors.state.${sensor.state}`)}</span><small>${remarks.join(", ")}</small></td>
    <td class="number">${format.fill(sensor.fill_fraction)}</td>
    <td class="number">${format.timeOrDay(sensor.measured_utc, now)}</td>
    <td class="number">${sensor.battery_fraction === null ? optional(sensor.battery_v, "sensors.volt", "v") : format.pct(sensor.battery_fraction)}
      <small>${sensor.battery_days_left === null ? "" : t("sensors.days", {n: format.whole(sensor.battery_days_left)})}</small></td>
    <td class="number">${sensor.rssi_dbm === null ? "–" : t("sensors.dbm", {dbm: format.whole(sensor.rssi_dbm)})}
      <small>${sensor.temperature_c === null ? "" : t("sensors.celsius", {c: format.tenth(sensor.temperature_c)})}</small></td>
    <td class="number">${sensor.noise_fraction === null ? "–" : t("sensors.noise", {pct: format.tenth(100 * sensor.noise_fraction)})}</td></tr>`;
}

export function SensorList({state, onLook}) {
  const {t} = useWords();
  const pages = Math.max(1, Math.ceil(state.total / PAGE));
  const now = nowMs();
  return html`<${Tools} state=${state} onLook=${onLook} />
    <div class="table-box plain" tabindex="0" role="region" aria-label=${t("sensors.caption")}>
      <table><caption class="visually-hidden">${t("sensors.caption")}</caption>
        <thead><tr>${COLUMNS.map(([name, ...sorts]) => html`<th key=${name} scope="col" class=${sorts.length ? "sorts" : ""}
          aria-sort=${sorts.includes(state.query.sort) ? "ascending" : undefined}>${sorts.length
            ? sorts.map((sort, index) => html`<button type="button" key=${sort} onClick=${() => onLook({sort})}>
              ${t(`sensors.col.${index ? sort : name}`)}<span aria-hidden="true">${state.query.sort === sort ? " ↓" : ""}</span></button>`)
            : t(`sensors.col.${name}`)}</th>`)}</tr></thead>
        <tbody>${state.sensors.map((sensor) => html`<${Row} key=${sensor.id} sensor=${sensor} now=${now} />`)}</tbody>
      </table>
      ${!state.sensors.length && state.live && html`<p class="empty">${t("sensors.empty")}</p>`}
      ${pages > 1 && html`<${Pager} label=${t("sensors.list")} page=${Math.floor(state.query.offset / PAGE)} pages=${pages}
        onPage=${(page) => onLook({offset: page * PAGE})} />`}
    </div>`;
}
