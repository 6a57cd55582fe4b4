/** The planning page: the day and its plans on top, map or lists in the middle, and beside them what to do. */
import {useWords} from "../lib/context.js";
import {html, useState} from "../lib/html.js";
import {useStore} from "../lib/store.js";
import {canDrawMaps} from "../map/able.js";
import {may} from "../office/may.js";
import {Fault} from "../office/refused.js";
import {TopBar} from "../office/topbar.js";
import {Waiting} from "../office/waiting.js";
import {BinList} from "./bins.js";
import {BinCard} from "./card.js";
import {Comparison} from "./compare.js";
import {PlanMap} from "./map.js";
import {Panel} from "./panel.js";
import {Schedule} from "./schedule.js";
import {PrintedLists} from "./sheet.js";
import {StopLists} from "./stops.js";
import {Totals} from "./totals.js";

const VIEWS = ["map", "stops", "bins", "compare", "schedule"];

function PlanChoice({desk, state}) {
  const {t, format} = useWords();
  const {plans, plan} = state;
  const drafts = plan && !plans.some((each) => each.id === plan.id) ? [plan] : [];
  const shown = [...drafts, ...plans.filter((each) => !["queued", "solving"].includes(each.status))];
  return html`<label><span>${t("planning.plan_of_day")}</span>
    <select value=${plan?.id ?? ""} disabled=${!shown.length} onChange=${(event) => desk.showPlan(event.target.value)}>
      ${!plan && html`<option value="">${t("planning.no_plan_yet")}</option>`}
      ${shown.map((each) => html`<option key=${each.id} value=${each.id}>${[format.time(each.created_utc),
        t(`status.${each.status}`), format.km(each.distance_m), format.money(each.cost_minor)].join(" · ")}</option>`)}
    </select></label>`;
}

function Tools({desk, state, view, onView}) {
  const {t} = useWords();
  return html`<div class="tools planning-tools"><div class="fields">
    <label><span>${t("planning.day")}</span><input type="date" required value=${state.day}
      onChange=${(event) => event.target.value && desk.showDay(event.target.value)} /></label>
    <${PlanChoice} desk=${desk} state=${state} />
    <div class="views" role="group" aria-label=${t("planning.view")}>${VIEWS.map((each) => html`<button type="button"
      key=${each} aria-pressed=${view === each} onClick=${() => onView(each)}>${t(`view.${each}`)}</button>`)}</div>
  </div></div>`;
}

function View({view, desk, state}) {
  const {t} = useWords();
  if (view === "schedule") return html`<${Schedule} areas=${state.areas} run=${state.run} />`;
  if (view === "map") return html`<${PlanMap} desk=${desk} state=${state} />`;
  if (!state.plan) {
    const none = may("plans") ? "planning.nothing_to_show" : "planning.no_plan_yet";
    return html`<p class="empty" role="status">${t(state.loaded ? none : "app.loading")}</p>`;
  }
  if (view === "stops") return html`<${StopLists} desk=${desk} state=${state} />`;
  if (view === "compare") return html`<${Comparison} desk=${desk} state=${state} />`;
  return html`<${BinList} desk=${desk} state=${state} />`;
}

function Desk({desk, state}) {
  const {t} = useWords();
  const [view, setView] = useState(canDrawMaps() ? "map" : "stops");
  return html`<${Totals} state=${state} />
    <main id="content" class="desk planning" tabindex="-1" aria-busy=${state.busy}>
      <section class="looking" aria-label=${t(`view.${view}`)}>
        <${Tools} desk=${desk} state=${state} view=${view} onView=${setView} />
        <${Fault} fault=${state.fault} />
        <${View} view=${view} desk=${desk} state=${state} />
      </section>
      <aside class="side" aria-label=${t("planning.side")}>
        ${state.selectedId && html`<${BinCard} key=${state.selectedId} desk=${desk} state=${state} />`}
        <div hidden=${Boolean(state.selectedId)}><${Panel} desk=${desk} state=${state} /></div>
      </aside>
    </main>
    <${PrintedLists} plan=${state.plan} />`;
}

function Connected({desk, onLanguage}) {
  const state = useStore(desk.store);
  return html`<${TopBar} here="planning" live=${state.live} onLanguage=${onLanguage} />
    <${Desk} desk=${desk} state=${state} />`;
}

export function PlanningApp({desk, fault, onLanguage}) {
  const {t} = useWords();
  return html`<div class="manager">${desk
    ? html`<${Connected} desk=${desk} onLanguage=${onLanguage} />`
    : html`<${TopBar} here="planning" onLanguage=${onLanguage} />
      <${Waiting} fault=${fault} />`}</div>`;
}
