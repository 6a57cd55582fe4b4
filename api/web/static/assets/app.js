/** Tabs on top, the list below, and beside it the thing that is open. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {useStore} from "../lib/store.js";
import {mayOpen} from "../office/may.js";
import {Fault} from "../office/refused.js";
import {TopBar} from "../office/topbar.js";
import {Waiting} from "../office/waiting.js";
import {TABS} from "./desk.js";
import {List} from "./list.js";
import {Panel} from "./panel.js";
import {Sheet} from "./sheet.js";
import {Strangers} from "./strangers.js";

function Tabs({state}) {
  const {t, format} = useWords();
  return html`<nav class="tabs" aria-label=${t("assets.tabs")}>${TABS.map((tab) => html`<a key=${tab} href=${`#${tab}`}
    aria-current=${state.tab === tab ? "page" : undefined}>${t(`assets.tab.${tab}`)}
    ${tab === "quarantine" && state.strangers > 0 && html` <b class="count">${format.whole(state.strangers)}</b>`}</a>`)}
    <a class="away" href="/sensors">${t("assets.health")}</a>${mayOpen("/install") && html`<a class="away"
      href="/install">${t("assets.install")}</a>`}</nav>`;
}

function Connected({desk, onLanguage}) {
  const {t} = useWords();
  const state = useStore(desk.store);
  const beside = state.making || state.id;
  return html`<${TopBar} here="assets" onLanguage=${onLanguage} />
    <${Tabs} state=${state} />
    <p class="said" role="status">${state.said}</p>
    <${Fault} fault=${state.fault} />
    <main id="content" class=${`assets ${beside ? "beside" : ""}`} tabindex="-1">
      ${state.tab === "sheet" && html`<${Sheet} desk=${desk} />`}
      ${state.tab === "quarantine" && html`<${Strangers} state=${state} desk=${desk} />`}
      ${!["sheet", "quarantine"].includes(state.tab) && html`<${List} state=${state} desk=${desk} />`}
      ${beside && html`<${Panel} key=${`${state.tab}/${state.id}`} state=${state} desk=${desk} />`}
    </main>`;
}

export function AssetsApp({desk, fault, onLanguage}) {
  const {t} = useWords();
  return html`<div class="manager">${desk
    ? html`<${Connected} desk=${desk} onLanguage=${onLanguage} />`
    : html`<${TopBar} here="assets" onLanguage=${onLanguage} />
      <${Waiting} fault=${fault} />`}</div>`;
}
