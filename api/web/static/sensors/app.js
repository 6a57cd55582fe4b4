/** Figures on top, the sensors below, and beside them the stream: who works, what is wrong, what was not understood. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {useStore} from "../lib/store.js";
import {Fault} from "../office/refused.js";
import {TopBar} from "../office/topbar.js";
import {Waiting} from "../office/waiting.js";
import {StreamFigures} from "./figures.js";
import {SensorList} from "./list.js";
import {StreamPanel} from "./stream.js";

function Connected({desk, onLanguage}) {
  const {t} = useWords();
  const state = useStore(desk.store);
  return html`<${TopBar} here="sensors" live=${state.live} onLanguage=${onLanguage} />
    <${StreamFigures} state=${state} />
    <main id="content" class="desk" tabindex="-1">
      <section class="looking" aria-label=${t("sensors.list")}>
        <${Fault} fault=${state.fault} />
        <${SensorList} state=${state} onLook=${desk.look} />
      </section>
      <aside class="side"><${StreamPanel} state=${state} /></aside>
    </main>`;
}

export function SensorsApp({desk, fault, onLanguage}) {
  const {t} = useWords();
  return html`<div class="manager">${desk
    ? html`<${Connected} desk=${desk} onLanguage=${onLanguage} />`
    : html`<${TopBar} here="sensors" onLanguage=${onLanguage} />
      <${Waiting} fault=${fault} />`}</div>`;
}
