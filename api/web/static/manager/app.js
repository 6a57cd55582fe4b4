/** The manager's screen: figures on top, map or table, and beside it the plan or one bin. */
import {useWords} from "../lib/context.js";
import {html, useMemo, useState} from "../lib/html.js";
import {useStore} from "../lib/store.js";
import {TopBar} from "../office/topbar.js";
import {canDrawMaps} from "../map/able.js";
import {BinDrawer} from "./drawer.js";
import {Figures} from "./figures.js";
import {Filters, NO_FILTER, applyFilters} from "./filters.js";
import {CityMap} from "./map.js";
import {PlanPanel} from "./plan.js";
import {BinTable} from "./table.js";

function ViewSwitch({view, onView}) {
  const {t} = useWords();
  return html`<div class="views" role="group" aria-label=${t("manager.view")}>
    ${["map", "table"].map((each) => html`<button type="button" key=${each} aria-pressed=${view === each}
      onClick=${() => onView(each)}>${t(`manager.${each}`)}</button>`)}</div>`;
}

const siblingsOf = (bin, bins) => bins.filter((each) => each.site_id === bin.site_id && each.id !== bin.id);

function Desk({desk, state}) {
  const {t} = useWords();
  const [filters, setFilters] = useState(NO_FILTER);
  const [view, setView] = useState(canDrawMaps() ? "map" : "table");
  const [hidden, setHidden] = useState(new Set());
  const {shown, counts} = useMemo(() => applyFilters(state.bins, filters), [state.bins, filters]);
  const selected = state.byId.get(state.selectedId);
  const flipRoute = (id) => setHidden((before) => {
    const next = new Set(before);
    if (!next.delete(id)) next.add(id);
    return next;
  });
  return html`<${Figures} bins=${state.bins} plan=${state.plan} />
    <main id="content" class="desk" tabindex="-1">
      <section class="looking" aria-label=${t(`manager.${view}`)}>
        <${Filters} lead=${html`<${ViewSwitch} view=${view} onView=${setView} />`} filters=${filters} counts=${counts}
          shown=${shown.length} total=${state.bins.length} onFilters=${setFilters} />
        ${state.fault && html`<p class="fault" role="alert">${t("app.could_not_load", {detail: state.fault})}</p>`}
        ${view === "map"
          ? html`<${CityMap} desk=${desk} bins=${state.bins} filters=${filters} plan=${state.plan} hidden=${hidden}
              selected=${selected} />`
          : html`<${BinTable} bins=${shown} onOpen=${desk.select} selectedId=${state.selectedId} />`}
      </section>
      <aside class="side">
        ${selected
          ? html`<${BinDrawer} key=${selected.id} bin=${selected} onOpen=${desk.select}
              siblings=${siblingsOf(selected, state.bins)} onClose=${() => desk.select(null)} />`
          : html`<${PlanPanel} desk=${desk} state=${state} hidden=${hidden} onRoute=${flipRoute} />`}
      </aside>
    </main>`;
}

function Connected({desk, onLanguage}) {
  const state = useStore(desk.store);
  return html`<${TopBar} here="city" live=${state.live} onLanguage=${onLanguage} />
    <${Desk} desk=${desk} state=${state} />`;
}

export function ManagerApp({desk, fault, onLanguage}) {
  const {t} = useWords();
  return html`<div class="manager">${desk
    ? html`<${Connected} desk=${desk} onLanguage=${onLanguage} />`
    : html`<${TopBar} here="city" onLanguage=${onLanguage} />
      <main id="content" class="waiting"><p role="status">${fault ? t("app.could_not_load", {detail: fault})
        : t("app.loading")}</p></main>`}</div>`;
}
