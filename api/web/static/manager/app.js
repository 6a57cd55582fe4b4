/** The manager's screen: figures on top, map or table, and beside it the plan or one bin. */
import {clockFactor, nowMs} from "../lib/clock.js";
import {useWords} from "../lib/context.js";
import {html, useEffect, useMemo, useState} from "../lib/html.js";
import {useStore} from "../lib/store.js";
import {LanguageSwitch, ThemeSwitch} from "../lib/switches.js";
import {canDrawMaps} from "../map/able.js";
import {BinDrawer} from "./drawer.js";
import {Figures} from "./figures.js";
import {Filters, NO_FILTER, applyFilters} from "./filters.js";
import {CityMap} from "./map.js";
import {PlanPanel} from "./plan.js";
import {BinTable} from "./table.js";

const TICK_MS = 1_000;

/** The city's time; in a demo it runs fast, and says so. */
function CityClock() {
  const {t, format} = useWords();
  const [now, setNow] = useState(nowMs);
  useEffect(() => {
    const timer = setInterval(() => setNow(nowMs()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const factor = clockFactor();
  return html`<p class="clock"><time dateTime=${new Date(now).toISOString()}>${format.dayTime(now)}</time>
    ${factor !== 1 && html`<span class="pill demo">${t("manager.demo_clock", {factor: format.whole(factor)})}</span>`}</p>`;
}

function Bar({desk, live, onLanguage}) {
  const {t, city} = useWords();
  return html`<header class="bar">
    <a class="skip-link" href="#content">${t("app.skip_to_content")}</a>
    <h1><img src="/static/icons/tomma.svg" width="28" height="28" alt="" />${t("app.name")}
      <span>${city?.organisation.name ?? ""}</span></h1>
    <span class="spring"></span>
    ${city && html`<${CityClock} />`}
    ${desk && html`<p class=${`pill live ${live ? "on" : "off"}`} role="status"><i aria-hidden="true"></i>
      ${t(live ? "manager.live" : "manager.reconnecting")}</p>`}
    <${LanguageSwitch} onLanguage=${onLanguage} /><${ThemeSwitch} />
  </header>`;
}

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
  return html`<${Bar} desk=${desk} live=${state.live} onLanguage=${onLanguage} />
    <${Desk} desk=${desk} state=${state} />`;
}

export function ManagerApp({desk, fault, onLanguage}) {
  const {t} = useWords();
  return html`<div class="manager">${desk
    ? html`<${Connected} desk=${desk} onLanguage=${onLanguage} />`
    : html`<${Bar} onLanguage=${onLanguage} />
      <main id="content" class="waiting"><p role="status">${fault ? t("app.could_not_load", {detail: fault})
        : t("app.loading")}</p></main>`}</div>`;
}
