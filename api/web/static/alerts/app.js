/** Four looks at what is wrong: now, before, what is being done, and who is told; beside it what was chosen. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {useStore} from "../lib/store.js";
import {Fault} from "../office/refused.js";
import {TopBar} from "../office/topbar.js";
import {Waiting} from "../office/waiting.js";
import {Channels} from "./channels.js";
import {AlertList} from "./list.js";
import {AlertPanel, OrderPanel} from "./side.js";
import {Tools, Views} from "./tools.js";
import {WorkList} from "./work.js";

function Looking({state, desk}) {
  if (state.view === "work") return html`<${WorkList} state=${state} desk=${desk} />`;
  if (state.view === "channels") return html`<${Channels} state=${state} desk=${desk} />`;
  return html`<${Tools} state=${state} desk=${desk} /><${AlertList} state=${state} desk=${desk} />`;
}

function Connected({desk, onLanguage}) {
  const {t} = useWords();
  const state = useStore(desk.store);
  const side = state.shown ? html`<${AlertPanel} key=${state.shown.id} alert=${state.shown} desk=${desk} />`
    : state.order && html`<${OrderPanel} key=${state.order.id} order=${state.order} desk=${desk} />`;
  return html`<${TopBar} here="alerts" live=${state.live} onLanguage=${onLanguage} />
    <main id="content" class=${`desk ${side ? "" : "alone"}`} tabindex="-1">
      <section class="looking" aria-label=${t(`alerts.view.${state.view}`)}>
        <${Views} state=${state} />
        <${Fault} fault=${state.fault} />
        <p class="said" role="status">${state.said}</p>
        <${Looking} state=${state} desk=${desk} />
      </section>
      ${side && html`<aside class="side" aria-label=${t("alerts.beside")} onKeyDown=${(event) => event.key === "Escape" && desk.closeSide()}>${side}</aside>`}
    </main>`;
}

export function AlertsApp({desk, fault, onLanguage}) {
  const {t} = useWords();
  return html`<div class="manager">${desk
    ? html`<${Connected} desk=${desk} onLanguage=${onLanguage} />`
    : html`<${TopBar} here="alerts" onLanguage=${onLanguage} />
      <${Waiting} fault=${fault} />`}</div>`;
}
