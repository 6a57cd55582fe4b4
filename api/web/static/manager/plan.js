/** The day's plan: make it, watch it get better, read it, publish it. */
import {useWords} from "../lib/context.js";
import {html, useEffect, useMemo, useState} from "../lib/html.js";
import {Icon} from "../lib/icons.js";
import {truckStyle} from "../map/palette.js";
import {Feed} from "./feed.js";
import {LeftOutList} from "./leftout.js";

/** The truck's line as on the map: colour and dash. */
export function TruckLine({index}) {
  const style = truckStyle(index);
  const dash = style.dash?.map((length) => length * 4).join(" ");
  const stroke = (theme) => html`<path class=${theme} d="M2 7h34" stroke=${style[theme]} stroke-width="5"
    stroke-dasharray=${dash} />`;
  return html`<svg class="truck-line" width="38" height="14" viewBox="0 0 38 14" aria-hidden="true" focusable="false">
    ${stroke("day")}${stroke("night")}</svg>`;
}

/** How the cost came down while the engine searched: a small falling line. */
function CostLine({costs}) {
  if (costs.length < 2) return null;
  const [low, high] = [Math.min(...costs), Math.max(...costs)];
  const points = costs.map((cost, index) => [
    (index / (costs.length - 1)) * 200, 4 + (1 - (cost - low) / (high - low || 1)) * 32]);
  return html`<svg class="cost-line" viewBox="0 0 200 40" preserveAspectRatio="none" aria-hidden="true" focusable="false">
    <polyline points=${points.map(([x, y]) => `${x},${y}`).join(" ")} fill="none" vector-effect="non-scaling-stroke" /></svg>`;
}

/** What the planner does now, in words. An engine may add its round to the name: "pyvrp round 2". */
export function stageText(stage, t) {
  const key = `stage.${stage.split(" ")[0]}`;
  const text = t(key);
  return text === key ? t("plan.making") : text;
}

/** Seconds since the planner began: as told, and counted on while it is silent. */
function useElapsed(job) {
  const [extraS, setExtraS] = useState(0);
  useEffect(() => {
    const toldMs = performance.now();
    setExtraS(0);
    const timer = setInterval(() => setExtraS((performance.now() - toldMs) / 1000), 500);
    return () => clearInterval(timer);
  }, [job]);
  return job.elapsed_s + extraS;
}

function Progress({job}) {
  const {t, format} = useWords();
  const elapsedS = useElapsed(job);
  if (job.failed) return html`<p class="fault" role="alert">${t("plan.failed", {detail: job.detail})}</p>`;
  return html`<div class="progress-box">
    <p class="stage" role="status"><i class="spinner" aria-hidden="true"></i>${stageText(job.stage, t)}</p>
    <p class="so-far"><span>${t("plan.elapsed", {s: format.whole(elapsedS)})}</span>
      ${job.best_cost_minor !== null && job.best_cost_minor !== undefined && html`<b>
        ${t("plan.best", {cost: format.money(job.best_cost_minor)})}</b>`}</p>
    <${CostLine} costs=${job.costs} />
  </div>`;
}

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

function RouteRow({route, index, byId, published, isHidden, onRoute}) {
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
      ${published && html`<span class="fill-bar done-bar" aria-hidden="true"><i style=${{width: `${(done / (n || 1)) * 100}%`}}></i></span>
        <small>${t("plan.done_of", {done, n})}</small>`}</div>
    ${published && html`<a class="button go-link" href=${`/driver?vehicle=${encodeURIComponent(route.vehicle_id)}`}
      aria-label=${t("plan.driver_page_of", {vehicle: name})}>${t("plan.driver_page")}</a>`}
  </li>`;
}

function Result({desk, state, hidden, onRoute}) {
  const {t} = useWords();
  const {plan, byId} = state;
  const published = plan.status === "published";
  return html`<${Summary} plan=${plan} />
    ${plan.status === "ready" && html`<button type="button" class="button primary wide" onClick=${desk.publish}>
      ${t("plan.publish")}</button>`}
    ${published && html`<p class="published-note"><${Icon} name="check" size=${20} />${t("plan.published")}</p>`}
    <section><h3>${t("plan.routes")}</h3><ul>${plan.routes.map((route, index) => html`<${RouteRow}
      key=${route.vehicle_id} route=${route} index=${index} byId=${byId} published=${published}
      isHidden=${hidden.has(route.vehicle_id)} onRoute=${onRoute} />`)}</ul></section>
    ${published && html`<${Feed} state=${state} />`}
    <${LeftOutList} plan=${plan} byId=${byId} onOpen=${desk.select} />`;
}

export function PlanPanel({desk, state, hidden, onRoute}) {
  const {t, format} = useWords();
  const {plan, job} = state;
  const busy = job && !job.failed;
  const day = useMemo(() => (plan ? format.day(`${plan.day}T12:00:00Z`) : ""), [plan?.day, format]);
  return html`<section class="panel" aria-labelledby="plan-title">
    <header><div><h2 id="plan-title">${t("plan.title")}</h2>
      ${plan && html`<p>${day} <span class=${`tag ${plan.status}`}>${t(`status.${plan.status}`)}</span></p>`}</div>
      <button type="button" class=${`button ${plan ? "" : "primary"}`} disabled=${busy} onClick=${desk.makePlan}>
        ${busy ? t("plan.making") : t(plan ? "plan.remake" : "plan.make")}</button></header>
    ${job && html`<${Progress} job=${job} />`}
    ${plan ? html`<${Result} desk=${desk} state=${state} hidden=${hidden} onRoute=${onRoute} />`
      : !job && html`<p class="hint">${t("plan.none")}</p>`}
  </section>`;
}
