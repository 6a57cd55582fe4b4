/** What is looked at and what is left out of it; and what is done with several at once. */
import {fractionName, useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {csvPath} from "./asks.js";
import {VIEWS} from "./desk.js";
import {Mark} from "./marks.js";
import {Acts} from "./acts.js";

const URGENCIES = ["", "now", "today", "later"];
const STATES = ["", "open", "acknowledged", "snoozed"];

export function Views({state}) {
  const {t, format} = useWords();
  const count = {open: state.counts.state.open, work: (state.orderCounts.open ?? 0) + (state.orderCounts.doing ?? 0)};
  return html`<nav class="alert-views" aria-label=${t("alerts.views")}>${VIEWS.map((view) => html`<a key=${view} href=${`#${view}`}
    aria-current=${state.view === view ? "true" : undefined}>${t(`alerts.view.${view}`)}
    ${count[view] ? html` <b>${format.whole(count[view])}</b>` : ""}</a>`)}</nav>`;
}

function Choice({label, value, options, onChoose}) {
  return html`<label><span class="visually-hidden">${label}</span>
    <select value=${value} aria-label=${label} onChange=${(event) => onChoose(event.target.value)}>
      ${options.map(([key, text]) => html`<option key=${key} value=${key} selected=${key === value}>${text}</option>`)}</select></label>`;
}

export function Tools({state, desk}) {
  const {t, format, city, language} = useWords();
  const {filters, view, counts} = state;
  const kinds = Object.keys(counts.kind).sort();
  const kindNames = kinds.includes(filters.kind) || !filters.kind ? kinds : [...kinds, filters.kind];
  const areas = Object.keys(counts.area).sort();
  return html`<div class="tools">
    ${view === "open" && html`<div class="bands" role="group" aria-label=${t("alerts.by_urgency")}>${URGENCIES.map((each) => html`<button
      type="button" key=${each} class="chip one" aria-pressed=${filters.urgency === each} onClick=${() => desk.filter({urgency: each})}>
      ${each && html`<${Mark} urgency=${each} size=${18} />`}<span>${t(`alerts.urgency.${each || "all"}`)}</span>
      <b>${format.whole(each ? (counts.urgency[each] ?? 0) : (counts.state.open ?? 0))}</b></button>`)}</div>`}
    <div class="fields">
      ${view === "open" && html`<${Choice} label=${t("alerts.by_state")} value=${filters.state} onChoose=${(state_) => desk.filter({state: state_})}
        options=${STATES.map((each) => [each, t(`alerts.only.${each || "any"}`)])} />`}
      <${Choice} label=${t("alerts.by_kind")} value=${filters.kind} onChoose=${(kind) => desk.filter({kind})}
        options=${[["", t("alerts.any_kind")], ...kindNames.map((each) => [each, t(`alert.${each}`)])]} />
      ${areas.length > 0 && html`<${Choice} label=${t("alerts.by_area")} value=${filters.area} onChoose=${(area) => desk.filter({area})}
        options=${[["", t("alerts.any_area")], ...areas.map((each) => [each, each])]} />`}
      <${Choice} label=${t("alerts.by_fraction")} value=${filters.fraction} onChoose=${(fraction) => desk.filter({fraction})}
        options=${[["", t("alerts.any_fraction")], ...(city?.fractions ?? []).map(({code}) => [code, fractionName(city, code, language)])]} />
      <label><span class="visually-hidden">${t("alerts.search")}</span><input type="search" placeholder=${t("alerts.search")}
        value=${filters.q} onInput=${(event) => desk.filter({q: event.target.value})} /></label>
      <p class="count" role="status">${t("alerts.showing", {n: state.total, shown: format.whole(state.total)})}</p>
      <a class="button as-link" href=${csvPath(view === "past" ? "alerts/history" : "alerts/open", filters)} download>${t("alerts.csv")}</a>
    </div>
    ${state.chosen.length > 0 && html`<div class="fields chosen" role="group" aria-label=${t("alerts.with_chosen", {n: state.chosen.length})}>
      <b>${t("alerts.with_chosen", {n: state.chosen.length})}</b><${Acts} ids=${state.chosen} desk=${desk} /></div>`}
  </div>`;
}
