/** Beside the map: order a plan, watch it being made, read it, send it to the trucks. */
import {useWords} from "../lib/context.js";
import {html, useMemo, useState} from "../lib/html.js";
import {Icon} from "../lib/icons.js";
import {may} from "../office/may.js";
import {closedText, goneAreasText, letGoText, publishedText} from "../office/planday.js";
import {Progress} from "../office/progress.js";
import {exportHref} from "./api.js";
import {Balance} from "./balance.js";
import {warningText} from "./numbers.js";
import {OrderForm} from "./order.js";
import {PublishDialog} from "./publish.js";
import {SENDABLE} from "./rounds.js";
import {Said} from "./said.js";

function Warnings({desk, plan, byId}) {
  const {t, format} = useWords();
  const warnings = plan.warnings ?? [];
  if (!warnings.length) return null;
  const truck = (id) => plan.routes.find((route) => route.vehicle_id === id)?.vehicle_name ?? id;
  return html`<section class="warnings" aria-labelledby="warnings-title">
    <h3 id="warnings-title"><${Icon} name="danger" size=${20} />${t("planning.warnings", {n: warnings.length})}</h3>
    <ul>${warnings.map((each) => html`<li>
      ${each.vehicle_id && html`<b>${truck(each.vehicle_id)}: </b>`}${warningText(each, t, format)}
      ${each.bin_id && html`${" "}<button type="button" class="link" onClick=${() => desk.select(each.bin_id)}>
        ${byId.get(each.bin_id)?.name ?? each.bin_id}</button>`}</li>`)}</ul></section>`;
}

/** The whole plan as a file, or on paper. */
function Exports({plan}) {
  const {t, language} = useWords();
  const link = (format) => html`<li><a class="button" download href=${exportHref(plan.id, format, language)}>
    ${t(`export.${format}`)}</a></li>`;
  return html`<details class="exports"><summary><span>${t("planning.exports")}</span></summary>
    <ul>${["pdf", "csv", "gpx", "geojson"].map(link)}
      <li><button type="button" class="button" onClick=${() => print()}>${t("planning.print")}</button></li></ul></details>`;
}

function Origin({plan}) {
  const {t, format} = useWords();
  const faults = plan.violations?.length ?? 0;
  const warnings = plan.warnings?.length ?? 0;
  const risk = plan.accepted_overflow_probability;
  return html`<p class="origin">${t("plan.made", {time: format.dayTime(plan.created_utc)})} · ${plan.engine} ·
    ${" "}${plan.roads_source && t("plan.on", {roads: t(`roads.${plan.roads_source}`)})} ·
    ${" "}${risk !== null && risk !== undefined && `${t("planning.made_with", {risk: format.pct(risk)})} · `}
    <b class=${faults + warnings ? "bad" : "good"}>${faults ? t("plan.violations", {n: faults})
      : warnings ? t("planning.warnings", {n: warnings}) : t("plan.checked")}</b></p>`;
}

/** A button that has nothing to do stays where the keyboard is; it only says so. */
function Steps({desk, state}) {
  const {t} = useWords();
  const {plan, redo} = state;
  const step = (word, isIdle, act) => html`<button type="button" class=${`button ${word}`} aria-disabled=${isIdle}
    onClick=${() => isIdle || act()}><${Icon} name="undo" size=${18} />${t(`planning.${word}`)}</button>`;
  return html`<div class="steps" role="group" aria-label=${t("planning.steps")}>
    ${step("undo", !plan.edited_from, desk.undo)}${step("redo", !redo.length, desk.redo)}</div>`;
}

function Result({desk, state}) {
  const {t, format, city} = useWords();
  const [asking, setAsking] = useState(false);
  const {plan, byId} = state;
  const gone = [closedText(plan, city, t), goneAreasText(plan, t), letGoText(plan, city, t)].filter(Boolean);
  return html`<${Said} state=${state} />
    ${gone.map((each) => html`<p class="hint">${each}</p>`)}
    <${Warnings} desk=${desk} plan=${plan} byId=${byId} />
    ${may("plans") && html`<${Steps} desk=${desk} state=${state} />`}
    ${may("plans") && SENDABLE.has(plan.status) && html`<button type="button" class="button primary wide"
      onClick=${() => setAsking(true)}>${t("plan.publish")}</button>`}
    ${plan.status === "published" && html`<p class="published-note"><${Icon} name="check" size=${20} />
      ${publishedText(plan, city, t, format)}</p>`}
    ${asking && html`<${PublishDialog} desk=${desk} state=${state} onClose=${() => setAsking(false)} />`}
    <${Balance} desk=${desk} state=${state} />
    <${Exports} plan=${plan} />
    <${Origin} plan=${plan} />`;
}

/** Folded while there is a plan to look at. */
function Order({desk, state}) {
  const {t} = useWords();
  const {plan, day} = state;
  const [open, setOpen] = useState(null);
  const ordering = open ?? (state.loaded && !plan); // not before we know whether there is one
  return html`<details class="order" open=${ordering}>
    <summary onClick=${(event) => {
      event.preventDefault(); // the page decides: a plan that arrives folds it
      setOpen(!ordering);
    }}><span>${t(plan ? "planning.order_again" : "planning.order")}</span></summary>
    ${ordering && html`<${OrderForm} key=${day} desk=${desk} state=${state} onOrdered=${() => setOpen(false)} />`}
  </details>`;
}

export function Panel({desk, state}) {
  const {t, format} = useWords();
  const {plan, job, day} = state;
  const named = useMemo(() => format.day(`${day}T12:00:00Z`), [day, format]);
  return html`<section class="panel" aria-labelledby="plan-title">
    <header><div><h2 id="plan-title">${t("planning.title", {day: named})}</h2>
      <p>${plan && html`<span class=${`tag ${plan.status}`}>${t(`status.${plan.status}`)}</span>`}</p></div></header>
    ${job && html`<${Progress} job=${job} onStop=${may("plans") && desk.stop} />`}
    ${may("plans") ? html`<${Order} desk=${desk} state=${state} />`
      : state.loaded && !plan && html`<p class="hint">${t("planning.no_plan_yet")}</p>`}
    ${plan && html`<${Result} desk=${desk} state=${state} />`}
  </section>`;
}
