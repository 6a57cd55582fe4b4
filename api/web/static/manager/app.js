/** The manager's screen: figures on top, map or table, and beside it the plan or one bin. */
import {useWords} from "../lib/context.js";
import {html, useEffect, useMemo, useState} from "../lib/html.js";
import {Icon} from "../lib/icons.js";
import {useStore} from "../lib/store.js";
import {canDrawMaps} from "../map/able.js";
import {Fault, refusalText} from "../office/refused.js";
import {TopBar} from "../office/topbar.js";
import {Waiting} from "../office/waiting.js";
import {fileAddress, fromAddress, look, toAddress} from "./choice.js";
import {BinDrawer} from "./drawer.js";
import {Figures} from "./figures.js";
import {Filters} from "./filters.js";
import {CityMap} from "./map.js";
import {PlanPanel} from "./plan.js";
import {HourSlider} from "./slider.js";
import {BinTable} from "./table.js";

function ViewSwitch({view, onView}) {
  const {t} = useWords();
  return html`<div class="views" role="group" aria-label=${t("manager.view")}>
    ${["map", "table"].map((each) => html`<button type="button" key=${each} aria-pressed=${view === each}
      onClick=${() => onView(each)}>${t(`manager.${each}`)}</button>`)}</div>`;
}

/** The same bins in the same order, as a file that the server writes. */
function FileLink({choice, sort}) {
  const {t} = useWords();
  return html`<a class="file-link" href=${fileAddress(choice, sort)} download><${Icon} name="unload" size=${18} />
    ${t("table.file")}</a>`;
}

/** What the address asked for when the page was opened; from then on the address follows the page. */
function useShared(desk, binId) {
  const asked = useMemo(() => fromAddress(location.search), []);
  const [choice, setChoice] = useState(asked.choice);
  const usual = canDrawMaps() ? "map" : "table";
  const [view, setView] = useState(asked.view === "map" && usual === "table" ? usual : asked.view || usual);
  useEffect(() => {
    if (asked.bin) desk.select(asked.bin);
  }, []);
  useEffect(() => {
    const next = toAddress({choice, view: view === usual ? "" : view, bin: binId});
    if (next !== location.search) history.replaceState(null, "", `${location.pathname}${next}`);
  }, [choice, view, binId]);
  return {choice, setChoice, view, setView};
}

function Desk({desk, state}) {
  const {t} = useWords();
  const {bins, version} = state;
  const {choice, setChoice, view, setView} = useShared(desk, state.selectedId);
  const [sort, setSort] = useState({name: "fill", descending: true});
  const [hidden, setHidden] = useState(new Set());
  const seen = useMemo(() => look(bins, choice), [bins, version, choice]);
  const selected = bins.get(state.selectedId);
  const flipRoute = (id) => setHidden((before) => {
    const next = new Set(before);
    if (!next.delete(id)) next.add(id);
    return next;
  });
  return html`<${Figures} bins=${bins} plan=${state.plan} />
    <main id="content" class="desk" tabindex="-1">
      <section class="looking" aria-label=${t(`manager.${view}`)}>
        <${Filters} lead=${html`<${ViewSwitch} view=${view} onView=${setView} />`} choice=${choice} areas=${bins.areas}
          file=${view === "table" && html`<${FileLink} choice=${choice} sort=${sort} />`} counts=${seen.counts} shown=${seen.shown} total=${bins.length} onChoice=${setChoice}
          tail=${html`<${HourSlider} hour=${choice.hour} over=${seen.counts.over} overByArea=${seen.overByArea}
            forecastUtc=${bins.forecastUtc} onHour=${(hour) => setChoice({...choice, hour})} />`} />
        <${Fault} fault=${state.fault} />
        ${view === "map"
          ? html`<${CityMap} desk=${desk} bins=${bins} seen=${seen} plan=${state.plan} hidden=${hidden}
              selected=${selected} />`
          : html`<${BinTable} desk=${desk} bins=${bins} version=${version} seen=${seen} sort=${sort} onSort=${setSort}
              isAhead=${choice.hour > 0} selectedId=${state.selectedId} />`}
      </section>
      <aside class="side">
        ${selected
          ? html`<${BinDrawer} key=${selected.id} bin=${selected} siblings=${bins.siblings(selected.index)}
              onOpen=${desk.select} onClose=${() => desk.select(null)} />`
          : html`<${PlanPanel} desk=${desk} state=${{...state, byId: bins}} hidden=${hidden} onRoute=${flipRoute} />`}
      </aside>
    </main>`;
}

function Connected({desk, onLanguage}) {
  const words = useWords();
  const {t} = words;
  const state = useStore(desk.store);
  return html`<${TopBar} here="city" live=${state.live} onLanguage=${onLanguage} />
    ${state.bins ? html`<${Desk} desk=${desk} state=${state} />`
      : html`<main id="content" class="waiting"><p role="status">${state.fault
        ? refusalText(state.fault, words) : t("app.loading")}</p></main>`}`;
}

export function ManagerApp({desk, fault, onLanguage}) {
  const {t} = useWords();
  return html`<div class="manager">${desk
    ? html`<${Connected} desk=${desk} onLanguage=${onLanguage} />`
    : html`<${TopBar} here="city" onLanguage=${onLanguage} />
      <${Waiting} fault=${fault} />`}</div>`;
}
