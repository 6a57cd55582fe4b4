/** The tablets on the left, and beside them the code that lets the next one in. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {useStore} from "../lib/store.js";
import {may} from "../office/may.js";
import {Fault} from "../office/refused.js";
import {TopBar} from "../office/topbar.js";
import {Waiting} from "../office/waiting.js";
import {NewCode} from "./code.js";
import {TabletList} from "./list.js";

function Connected({desk, onLanguage}) {
  const {t} = useWords();
  const state = useStore(desk.store);
  return html`<${TopBar} here="tablets" live=${state.live} onLanguage=${onLanguage} />
    <main id="content" class=${`desk ${may("tablets") ? "" : "alone"}`} tabindex="-1">
      <div class="looking">
        <${Fault} fault=${state.fault} />
        ${state.tablets && !state.required && html`<p class="hint note">${t("tablets.not_required")}</p>`}
        <${TabletList} tablets=${state.tablets} onRevoke=${desk.revoke} />
      </div>
      ${may("tablets") && html`<aside class="side pair-side" aria-label=${t("tablets.new")}><${NewCode} code=${state.code}
        onNew=${desk.newCode} onHide=${desk.hideCode} /></aside>`}
    </main>`;
}

export function TabletsApp({desk, fault, onLanguage}) {
  const {t} = useWords();
  return html`<div class="manager">${desk
    ? html`<${Connected} desk=${desk} onLanguage=${onLanguage} />`
    : html`<${TopBar} here="tablets" onLanguage=${onLanguage} />
      <${Waiting} fault=${fault} />`}</div>`;
}
