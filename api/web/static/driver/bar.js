/** The top bar: which truck, how far, when done, how loaded, and whether the office knows. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {Icon} from "../lib/icons.js";
import {counted, isDone, onBoard} from "./route.js";

/** One pill says all of it: sent, on its way, or waiting on this tablet. */
export function StatusPill({state}) {
  const {t} = useWords();
  const waiting = state.records.filter((record) => record.status === "waiting").length;
  let look = "connected";
  let text = t("driver.connected");
  if (!state.online) {
    look = "offline";
    text = waiting ? t("driver.offline", {n: waiting}) : t("driver.offline_none");
  } else if (waiting) {
    look = "sending";
    text = t("driver.sending", {n: waiting});
  }
  return html`<p class=${`pill status ${look}`} role="status"><i aria-hidden="true"></i>${text}</p>`;
}

function Load({stops, vehicle}) {
  const {t, format} = useWords();
  const load = onBoard(stops);
  if (!vehicle) return html`<p class="fact">${format.kg(load.kg)}</p>`;
  const fraction = Math.max(load.litres / vehicle.capacity_l, load.kg / vehicle.capacity_kg);
  const label = t("driver.load_label", {
    litres: format.litres(load.litres), capacity: format.litres(vehicle.capacity_l), kg: format.kg(load.kg),
  });
  return html`<p class="fact load" title=${label}>
    <span aria-hidden="true">${t("driver.load", {pct: format.pct(fraction)})}</span>
    <span class="visually-hidden">${label}</span>
    <span class="meter" aria-hidden="true"><i style=${{width: `${Math.min(1, fraction) * 100}%`}}></i></span>
  </p>`;
}

export function TopBar({session, state, stops, endMs, onMore, switches}) {
  const {t, format, city} = useWords();
  const places = counted(stops);
  const done = places.filter(isDone).length;
  const vehicle = city?.vehicles.find((each) => each.id === state.route.vehicle_id);
  return html`<header class="bar">
    <h1 class="vehicle"><button type="button" class="bar-button" onClick=${session.leave}
      aria-label=${`${state.route.vehicle_name}. ${t("driver.change")}`}>
      <${Icon} name="truck" size=${22} /><span>${state.route.vehicle_name}</span></button></h1>
    <p class="fact progress"><span>${t("driver.stops_done", {done, n: places.length})}</span>
      <span class="meter" aria-hidden="true"><i style=${{width: `${(done / (places.length || 1)) * 100}%`}}></i></span></p>
    <p class="fact">${t("driver.done_about", {time: format.time(endMs)})}</p>
    <${Load} stops=${stops} vehicle=${vehicle} />
    <span class="spring"></span>
    <${StatusPill} state=${state} />
    <button type="button" class="bar-button" aria-haspopup="dialog" onClick=${onMore}>
      <${Icon} name="more" size=${20} /><span>${t("driver.more")}</span></button>
    ${switches}
  </header>`;
}
