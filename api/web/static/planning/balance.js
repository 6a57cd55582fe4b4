/** How the day is shared between the trucks and their crews. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {TruckLine} from "../office/truckline.js";

export function Balance({desk, state}) {
  const {t, format, city} = useWords();
  const {plan, truck} = state;
  const works = plan.routes.map((route) => route.work_s);
  const longestS = Math.max(1, ...works);
  const spreadS = longestS - Math.min(longestS, ...works);
  const idle = city.vehicles.filter((each) => !plan.routes.some((route) => route.vehicle_id === each.id));
  return html`<section class="balance"><h3>${t("balance.title")}</h3>
    <ul>${plan.routes.map((route, index) => html`<li key=${route.vehicle_id}>
      <button type="button" aria-pressed=${truck === route.vehicle_id} onClick=${() => desk.setTruck(route.vehicle_id)}>
        <${TruckLine} index=${index} /><span class="who"><b>${route.vehicle_name}</b>
          ${route.crew && html`<small>${route.crew}</small>`}</span>
        <span class="what"><b>${format.duration(route.work_s)}</b>
          <small>${t("plan.route_line", {n: route.lifts, km: format.km(route.distance_m), start: format.time(route.start_utc),
            end: format.time(route.end_utc)})}</small></span>
        <span class="fill-bar done-bar" aria-hidden="true"><i style=${{width: `${(route.work_s / longestS) * 100}%`}}></i></span>
      </button></li>`)}</ul>
    ${plan.routes.length > 1 && html`<p class="hint">${t("balance.spread", {time: format.duration(spreadS)})}</p>`}
    ${idle.length > 0 && html`<p class="hint">${t("balance.idle", {n: idle.length,
      names: idle.map((each) => each.name).join(", ")})}</p>`}</section>`;
}
