/** A new plan for the rest of the day, told in words beside the one on the road; published or put aside. */
import {nowMs} from "../lib/clock.js";
import {useWords} from "../lib/context.js";
import {html, useEffect, useRef, useState} from "../lib/html.js";
import {reasonTitle} from "../lib/reasons.js";
import {closedText, goneAreasText, letGoText} from "../office/planday.js";
import {apart} from "./words.js";

const NAMED = 5;

function Figures({changes}) {
  const {t, format} = useWords();
  const row = (word, before, after, write) => html`<div><dt>${t(word)}</dt>
    <dd><b>${write(before)} → ${write(after)}</b> <span class="quiet">${before === null || after === null ? ""
      : apart(after, before, t, write)}</span></dd></div>`;
  const home = `${format.time(changes.end_before_utc)} → ${format.time(changes.end_after_utc)}`;
  return html`<dl class="before-after">
    ${row("followup.change.bins", changes.bins_before, changes.bins_after, format.whole)}
    ${row("followup.change.distance", changes.distance_before_m, changes.distance_after_m, format.km)}
    ${row("followup.change.work", changes.work_before_s, changes.work_after_s, format.duration)}
    ${row("followup.change.overflows", changes.overflows_before, changes.overflows_after, format.tenth)}
    <div><dt>${t("followup.change.home")}</dt><dd><b>${home}</b></dd></div></dl>`;
}

/** A bin of the city that is left has a reason; one without was given up since. */
const leftWord = ({reasons}) => (reasons.length ? "followup.change.waits" : "followup.change.gone");

/** "Gata 1 (from Truck 2), Gata 4 and 7 more" */
function Handed({word, bins, from, trucks}) {
  const {t} = useWords();
  const [all, setAll] = useState(false);
  if (!bins.length) return null;
  const shown = all ? bins : bins.slice(0, NAMED);
  const name = (each) => (each.other_vehicle_id
    ? t(from ? "followup.change.from" : "followup.change.to", {place: each.name, vehicle: trucks[each.other_vehicle_id] ?? each.other_vehicle_id})
    : t(from ? "followup.change.new" : leftWord(each), {place: each.name}));
  return html`<li>${t(word, {n: bins.length, names: shown.map(name).join(", ")})}
    ${bins.length > NAMED && html` <button type="button" class="link" aria-expanded=${all} onClick=${() => setAll(!all)}>
      ${all ? t("followup.fewer") : t("plan.more", {n: bins.length - NAMED})}</button>`}</li>`;
}

/** "No truck takes this waste stream (38), too late (3)": why what it leaves is given to nobody. */
function Waiting({bins}) {
  const {t} = useWords();
  const counts = Map.groupBy(bins.filter((each) => !each.other_vehicle_id && each.reasons.length), (each) => each.reasons[0].code);
  const why = [...counts].map(([code, each]) => `${reasonTitle(code, t)} (${each.length})`);
  return why.length > 0 && html`<li>${t("followup.change.why", {why: why.join(", ")})}</li>`;
}

function Truck({route, trucks}) {
  const {t, format} = useWords();
  const {most} = route;
  const isSame = !route.gets.length && !route.loses.length && !route.is_reordered && !route.later && !route.earlier;
  const head = [
    t("followup.change.bins_of", {before: route.bins_before, after: route.bins_after}),
    `${format.km(route.distance_before_m)} → ${format.km(route.distance_after_m)}`,
    t("followup.change.home_of", {before: format.time(route.end_before_utc), after: format.time(route.end_after_utc)}),
  ].join(" · ");
  return html`<li class=${isSame ? "same" : ""}><h3>${route.vehicle_name} <small>${head}</small></h3>
    ${isSame ? html`<p class="quiet">${t("followup.change.none")}</p>` : html`<ul>
      <${Handed} word="followup.change.gets" bins=${route.gets} from=${true} trucks=${trucks} />
      <${Handed} word="followup.change.loses" bins=${route.loses} from=${false} trucks=${trucks} />
      <${Waiting} bins=${route.loses} />
      ${route.is_reordered && html`<li>${t("followup.change.reordered")}</li>`}
      ${route.later > 0 && html`<li>${t("followup.change.later", {n: route.later})}</li>`}
      ${route.earlier > 0 && html`<li>${t("followup.change.earlier", {n: route.earlier})}</li>`}
      ${most && html`<li>${t("followup.change.most", {place: most.name, before: format.time(most.before_utc),
        after: format.time(most.after_utc)})}</li>`}</ul>`}</li>`;
}

/** Such a plan may be published; but it sends no truck anywhere, and that is seldom what was meant. */
function TooLate({homeUtc}) {
  const {t, format} = useWords();
  if (!homeUtc) return html`<p class="fault">${t("followup.proposal.nothing")}</p>`;
  return Date.parse(homeUtc) <= nowMs() && html`<p class="fault">${t("plan.too_late", {time: format.dayTime(homeUtc)})}</p>`;
}

export function Proposal({desk, state}) {
  const {t, format, city} = useWords();
  const {proposal, changes} = state;
  const heading = useRef(null);
  useEffect(() => {
    if (proposal.id === state.orderedId) heading.current.focus(); // it is what the person waited for
  }, [proposal.id]);
  const gone = [closedText(proposal, city, t), goneAreasText(proposal, t), letGoText(proposal, city, t)].filter(Boolean);
  const trucks = changes && Object.fromEntries(changes.routes.map((route) => [route.vehicle_id, route.vehicle_name]));
  return html`<section class="proposal" aria-labelledby="proposal-title">
    <header><h2 id="proposal-title" tabindex="-1" ref=${heading}>${t("followup.proposal.title")}
        <small>${t("plan.made", {time: format.time(proposal.created_utc)})}</small></h2>
      <div class="decide"><button type="button" class="button" onClick=${desk.discard}>${t("followup.proposal.discard")}</button>
        <button type="button" class="button primary" disabled=${!changes || changes.is_stale} onClick=${desk.publish}>
          ${t("followup.proposal.publish")}</button></div></header>
    ${changes?.is_stale && html`<p class="fault" role="alert">${t("followup.proposal.stale")}</p>`}
    ${gone.map((each) => html`<p>${each}</p>`)}
    ${changes && html`<${TooLate} homeUtc=${changes.end_after_utc} />`}
    ${changes ? html`<${Figures} changes=${changes} />
      <ul class="trucks-changed">${changes.routes.map((route) => html`<${Truck} key=${route.vehicle_id} route=${route} trucks=${trucks} />`)}</ul>`
      : html`<p role="status">${t("app.loading")}</p>`}
  </section>`;
}
