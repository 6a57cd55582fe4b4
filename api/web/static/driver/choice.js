/** Which truck: asked once, remembered on the tablet. Or: nothing is published yet. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {Icon} from "../lib/icons.js";
import {StatusPill} from "./bar.js";

export function VehicleChoice({session, state, switches}) {
  const {t} = useWords();
  const {routes, ready, gone} = state;
  let body = html`<p class="big-text" role="status">${t("app.loading")}</p>`;
  if (routes?.length) {
    body = html`<h2>${t("driver.choose")}</h2>
      <ul class="trucks">${routes.map((route) => html`<li key=${route.vehicle_id}><button type="button" class="tile"
        onClick=${() => session.choose(route.vehicle_id)}>
        <${Icon} name="truck" size=${40} /><b>${route.vehicle_name}</b>
        <span>${t("driver.route_line", {n: route.stops, done: route.done})}</span></button></li>`)}</ul>`;
  } else if (routes || (ready && !state.online)) {
    body = html`<h2 class="big-text">${t(routes ? "driver.no_route" : "driver.offline_none")}</h2>
      <p>${t("driver.no_route_hint")}</p>`;
  }
  return html`<div class="driver">
    <header class="bar"><h1 class="brand">${t("app.name")}</h1><span class="spring"></span>
      <${StatusPill} state=${state} />${switches}</header>
    <main class="choice" id="content">${gone && html`<p class="fault" role="alert">${t("offer.gone", {vehicle: gone})}</p>`}${body}<p class="privacy">${t("driver.privacy")}</p></main>
  </div>`;
}
