/** The day's plan: make it, watch it get better, read it, publish it. */
import {useWords} from "../lib/context.js";
import {html, useMemo} from "../lib/html.js";
import {Icon} from "../lib/icons.js";
import {may} from "../office/may.js";
import {endedUtc, publishedText, whenOf} from "../office/planday.js";
import {Progress} from "../office/progress.js";
import {TruckLine} from "../office/truckline.js";
import {Feed} from "./feed.js";
import {LeftOutList} from "./leftout.js";

function Summary({plan}) {
  const {t, format} = useWords();
  const faults = plan.violations?.length ?? 0;
  const stops = plan.routes.reduce((sum, route) => sum + route.stops.filter((stop) => stop.kind === "collect").length, 0);
  const fact = (value, word) => html`<li><b>${value}</b><span>${word}</span></li>`;
  return html`<ul class="numbers four">
      ${fact(format.km(plan.distance_m), t("plan.distance"))}
      ${fact(format.duration(plan.driving_s), t("plan.driving"))}
      ${fact(format.whole(stops), t("plan.stops"))}
      ${fact(format.money(plan.cost_minor), t("plan.cost"))}
    </ul>
    <p class="origin">${t("plan.made", {time: format.dayTime(plan.created_utc)})} · ${plan.engine} ·
      ${" "}${t("plan.on", {roads: t(`roads.${plan.roads_source}`)})} ·
      ${" "}<b class=${faults ? "bad" : "good"}>${faults ? t("plan.violations", {n: faults}) : t("plan.checked")}</b></p>`;
}

/** How many of the route's bins are done, by the live state of the bins. */
function doneOf(route, byId) {
  const bins = route.stops.filter((stop) => stop.kind === "collect");
  const done = bins.filter((stop) => ["emptied", "skipped"].includes(byId.get(stop.bin_id)?.plan_state)).length;
  return {done, n: bins.length};
}

function RouteRow({route, index, byId, isDriven, isHidden, onRoute}) {
  const {t, format} = useWords();
  const {done, n} = doneOf(route, byId);
  const name = route.vehicle_name;
  return html`<li class="route">
    <button type="button" class="icon-button" aria-pressed=${!isHidden} onClick=${() => onRoute(route.vehicle_id)}
      aria-label=${t(isHidden ? "plan.show_route" : "plan.hide_route", {vehicle: name})}>
      <${TruckLine} index=${index} /></button>
    <div><b>${name}</b>
      <small>${t("plan.route_line", {n, km: format.km(route.distance_m), start: format.time(route.start_utc),
        end: format.time(route.end_utc)})}</small>
      ${isDriven && html`<span class="fill-bar done-bar" aria-hidden="true"><i style=${{width: `${(done / (n || 1)) * 100}%`}}></i></span>
        <small>${t("plan.done_of", {done, n})}</small>`}</div>
    ${isDriven && html`<a class="button go-link" href=${`/driver?vehicle=${encodeURIComponent(route.vehicle_id)}`}
      aria-label=${t("plan.driver_page_of", {vehicle: name})}>${t("plan.driver_page")}</a>`}
  </li>`;
}

function Result({desk, state, hidden, onRoute}) {
  const {t, format, city} = useWords();
  const {plan, byId} = state;
  const published = plan.status === "published";
  const isOffered = plan.status === "ready" && may("plans");
  const ended = endedUtc(plan);
  const isDriven = published && whenOf(plan, city) === "today";
  return html`<${Summary} plan=${plan} />
    <a class="button wide" href=${`/planning?plan=${encodeURIComponent(plan.id)}`}>${t(may("plans") ? "plan.open_planning" : "nav.planning")}</a>
    ${isOffered && ended && html`<p class="origin"><b class="bad">${t("plan.too_late", {time: format.dayTime(ended)})}</b></p>`}
    ${isOffered && html`<button type="button" class="button primary wide" onClick=${desk.publish}>
      ${t("plan.publish")}</button>`}
    ${published && html`<p class="published-note"><${Icon} name="check" size=${20} />${publishedText(plan, city, t, format)}</p>`}
    <section><h3>${t("plan.routes")}</h3><ul>${plan.routes.map((route, index) => html`<${RouteRow}
      key=${route.vehicle_id} route=${route} index=${index} byId=${byId} isDriven=${isDriven}
      isHidden=${hidden.has(route.vehicle_id)} onRoute=${onRoute} />`)}</ul></section>
    ${isDriven && html`<${Feed} state=${state} />`}
    <${LeftOutList} plan=${plan} byId=${byId} onOpen=${desk.select} />`;
}

export function PlanPanel({desk, state, hidden, onRoute}) {
  const {t, format, city} = useWords();
  const {plan, job} = state;
  const when = plan ? whenOf(plan, city) : "today";
  const isTodays = plan && when === "today";
  const busy = job && !job.failed;
  const day = useMemo(() => (plan ? format.day(`${plan.day}T12:00:00Z`) : ""), [plan?.day, format]);
  return html`<section class="panel" aria-labelledby="plan-title">
    <header><div><h2 id="plan-title">${t(`plan.title.${when}`)}</h2>
      ${plan && html`<p>${day} <span class=${`tag ${plan.status}`}>${t(`status.${plan.status}`)}</span></p>`}</div>
      ${may("plans") && html`<button type="button" class=${`button ${isTodays ? "" : "primary"}`} disabled=${busy}
        onClick=${desk.makePlan}>${busy ? t("plan.making") : t(isTodays ? "plan.remake" : "plan.make")}</button>`}</header>
    ${job && html`<${Progress} job=${job} />`}
    ${plan ? html`<${Result} desk=${desk} state=${state} hidden=${hidden} onRoute=${onRoute} />`
      : !job && html`<p class="hint">${t("plan.none")}</p>`}
  </section>`;
}
