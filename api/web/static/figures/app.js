/** The range on top, what was saved, the figures, the chart with its table, and the proof. */
import {nowMs} from "../lib/clock.js";
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {useStore} from "../lib/store.js";
import {Fault} from "../office/refused.js";
import {TopBar} from "../office/topbar.js";
import {Waiting} from "../office/waiting.js";
import {Course} from "./course.js";
import {isoDay} from "./desk.js";
import {Proof} from "./proof.js";
import {Range} from "./range.js";
import {Savings} from "./saving.js";
import {Tiles} from "./tiles.js";

/** Days are over that nobody has computed yet: that goes on behind the page, which is told of each. */
function isComputing({first_published: first, from_day: from, to_day: last}, {timeZone}) {
  const earliest = first !== null && first > from ? first : from; // days are texts that sort as they follow each other
  return first !== null && earliest <= last && earliest < isoDay(nowMs(), timeZone);
}

function Nothing({figures}) {
  const {t, format} = useWords();
  const computing = isComputing(figures, format);
  const key = computing ? "figures.computing_hint" : figures.first_published ? "figures.not_in_range" : "figures.no_plan_yet";
  return html`<section class="card empty" role="status"><h2>${t(computing ? "figures.computing" : "figures.nothing")}</h2>
    <p>${t(key, {day: figures.first_published ? format.day(figures.first_published) : ""})}</p></section>`;
}

function Connected({desk, onLanguage}) {
  const {t} = useWords();
  const state = useStore(desk.store);
  const {figures, fault} = state;
  return html`<${TopBar} here="figures" live=${state.live} onLanguage=${onLanguage} />
    <main id="content" class="figures" tabindex="-1">
      <${Range} state=${state} desk=${desk} />
      <${Fault} fault=${fault} />
      ${!figures && !fault && html`<p role="status">${t("app.loading")}</p>`}
      ${figures && (figures.periods.length ? html`
        <${Savings} figures=${figures} />
        <${Tiles} figures=${figures} />
        <${Course} figures=${figures} measure=${state.measure} desk=${desk} />
        <${Proof} figures=${figures} desk=${desk} />` : html`<${Nothing} figures=${figures} />`)}
    </main>`;
}

export function FiguresApp({desk, fault, onLanguage}) {
  const {t} = useWords();
  return html`<div class="manager">${desk
    ? html`<${Connected} desk=${desk} onLanguage=${onLanguage} />`
    : html`<${TopBar} here="figures" onLanguage=${onLanguage} />
      <${Waiting} fault=${fault} />`}</div>`;
}
