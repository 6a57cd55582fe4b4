/** Figures on top, the trucks' lines (or the same in a table) below, beside them what strays and the re-plan. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {useStore} from "../lib/store.js";
import {Fault, refusalText} from "../office/refused.js";
import {TopBar} from "../office/topbar.js";
import {Waiting} from "../office/waiting.js";
import {goneOf} from "./desk.js";
import {Deviations, Missed} from "./deviations.js";
import {Lanes} from "./lanes.js";
import {LOOKS, Sign} from "./marks.js";
import {Proposal} from "./proposal.js";
import {Replan} from "./replan.js";
import {StopCard, findStop} from "./stop.js";
import {PastDay, TodayFigures} from "./sums.js";
import {StopTable} from "./table.js";
import {inOrder} from "./scale.js";
import {TripsAndRests} from "./trips.js";

const VIEWS = ["timeline", "table"];
const IN_LEGEND = LOOKS.filter((look) => !["dispose_todo", "break_todo"].includes(look));

function Tools({state, desk}) {
  const {t} = useWords();
  const {view, today, past} = state;
  return html`<div class="tools-row"><div class="views" role="group" aria-label=${t("followup.view")}>${VIEWS.map((each) => html`<button
      type="button" key=${each} aria-pressed=${view === each} onClick=${() => desk.show(each)}>${t(`followup.view.${each}`)}</button>`)}</div>
    <label class="day"><span>${t("followup.day")}</span><input type="date" max=${today.day} value=${past?.day ?? today.day}
      onChange=${(event) => desk.lookBack(event.target.value)} /></label></div>`;
}

function Legend() {
  const {t} = useWords();
  return html`<ul class="signs">${IN_LEGEND.map((look) => html`<li key=${look}><${Sign} look=${look} />${t(`followup.look.${look}`)}</li>`)}</ul>`;
}

function Today({state, desk}) {
  const {t} = useWords();
  const {today, view, filter, selected} = state;
  const found = findStop(today, selected);
  return html`<div class="trucks-box"><h2 class="visually-hidden">${t("followup.trucks")}</h2>${view === "timeline"
      ? html`<${Lanes} routes=${today.routes} selected=${selected} onSelect=${desk.select} /><${Legend} />`
      : html`<${StopTable} routes=${today.routes} filter=${filter} onFilter=${desk.filter} onSelect=${desk.select} />`}
      <p class="quiet note">${t("followup.privacy")}</p></div>
    <div class="stop-place" role="status">${found && html`<${StopCard} found=${found} today=${today} gone=${goneOf(state)} wishes=${state.wishes}
      onWish=${desk.wish} onClose=${() => desk.select(null, null)} />`}</div>`;
}

/** Look at a deviation's stop. */
function open(today, desk, {bin_id: binId}) {
  for (const route of today.routes) {
    const stop = inOrder(route).find((each) => each.bin_id === binId);
    if (stop) return desk.select(route.vehicle_id, stop.key);
  }
  return undefined;
}

function Road({state, desk}) {
  const {t} = useWords();
  const {today, proposal, told, fault, past} = state;
  return html`<${TodayFigures} today=${today} />
    <main id="content" class="road" tabindex="-1"><div class="looking">
      <${Fault} fault=${fault} />
      <p role="status" class=${told ? "told" : "visually-hidden"}>${told && t(`followup.told.${told}`)}</p>
      ${proposal && html`<${Proposal} desk=${desk} state=${state} />`}
      <${Tools} state=${state} desk=${desk} />
      ${past ? html`<${PastDay} past=${past} />`
        : today.routes.length ? html`<${Today} state=${state} desk=${desk} />` : html`<p class="empty">${t("followup.no_plan")}</p>`}
    </div>
    <aside class="side" tabindex="0" aria-label=${t("followup.side")}>${today.plan_id && html`
      <${Deviations} deviations=${today.deviations} onOpen=${(each) => open(today, desk, each)} />
      <${Missed} missed=${today.missed} desk=${desk} />
      <${Replan} desk=${desk} state=${state} />
      <${TripsAndRests} routes=${today.routes} />`}</aside></main>`;
}

function Connected({desk, onLanguage}) {
  const words = useWords();
  const {t} = words;
  const state = useStore(desk.store);
  return html`<${TopBar} here="followup" live=${state.live} onLanguage=${onLanguage} />
    ${state.today ? html`<${Road} state=${state} desk=${desk} />` : html`<main id="content" class="waiting"><p role="status">
      ${state.fault ? refusalText(state.fault, words) : t("app.loading")}</p></main>`}`;
}

export function FollowUpApp({desk, fault, onLanguage}) {
  const {t} = useWords();
  return html`<div class="manager">${desk
    ? html`<${Connected} desk=${desk} onLanguage=${onLanguage} />`
    : html`<${TopBar} here="followup" onLanguage=${onLanguage} />
      <${Waiting} fault=${fault} />`}</div>`;
}
