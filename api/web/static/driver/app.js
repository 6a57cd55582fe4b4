/** The driver's screen: bar on top, map on two thirds, the next stop and its buttons beside it. */
import {loadSheet} from "../lib/sheet.js";
import {useWords} from "../lib/context.js";
import {nowMs} from "../lib/clock.js";
import {html, useEffect, useMemo, useState} from "../lib/html.js";
import {useStore} from "../lib/store.js";
import {LanguageSwitch, ThemeSwitch} from "../lib/switches.js";
import {Actions} from "./actions.js";
import {NextStop} from "./card.js";
import {StopList} from "./list.js";
import {NextTurn, useGuidance} from "./guidance.js";
import {expectedTimes} from "./arrivals.js";
import {currentStop, extraStops, foldStops, onBoard} from "./route.js";
import {TopBar} from "./bar.js";
import {loadLanguage} from "../i18n/index.js";

const TICK_MS = 5_000;

/** Re-render now and then: times of arrival move while nobody taps. */
function useNow() {
  const [now, setNow] = useState(nowMs);
  useEffect(() => {
    const timer = setInterval(() => setNow(nowMs()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

function Faults({state}) {
  const {t} = useWords();
  const {route} = state;
  const rejected = state.records.filter((record) => record.status === "rejected"
    && record.event.plan_id === route?.plan_id);
  return html`<div class="faults">
    ${state.fault && html`<p class="fault" role="alert">${t("driver.not_stored", {detail: state.fault})}</p>`}
    ${rejected.length > 0 && html`<p class="fault" role="alert">
      ${t("driver.rejected", {n: rejected.length, reason: rejected.at(-1).reason})}</p>`}
  </div>`;
}

/** A part that is fetched when it is first shown: null until then. */
function useLater(load, isWanted) {
  const [part, setPart] = useState(null);
  useEffect(() => {
    // Offline and never kept: without it.
    if (isWanted && !part) load().then((found) => setPart(() => found), () => {});
  }, [isWanted]);
  return part;
}

const loadMap = () => import("./map.js").then(({RouteMap}) => RouteMap);
const loadPairing = () => import("./pairing/screen.js").then(({openPairing}) => openPairing());
const loadOffer = () => import("./offer.js").then(({Offer}) => Offer);
const loadNote = () => import("./note.js").then(({OfflineNote}) => OfflineNote);
const loadSkip = () => import("./sheet.js").then(({SkipSheet}) => SkipSheet);
const loadToast = () => import("./toast.js").then((toast) => toast.Toast);
const loadChoice = () => import("./choice.js").then(({VehicleChoice}) => VehicleChoice);

/** What is needed seldom: its code and words are fetched when it is opened first, and kept on the tablet all the same. */
function useMore(shown) {
  const {language} = useWords();
  const [opened, setOpened] = useState(null);
  const open = async (first) => {
    const [{MoreSheet}] = await Promise.all([
      import("./more/sheet.js"), loadLanguage(language, ["shift"]), loadSheet("/static/css/driver-more.css"),
    ]);
    setOpened({MoreSheet, first});
  };
  const sheet = opened && html`<${opened.MoreSheet} ...${shown} first=${opened.first} onClose=${() => setOpened(null)} />`;
  return [open, sheet];
}

export function DriverApp({session, onLanguage}) {
  const state = useStore(session.store);
  const {t} = useWords();
  const now = useNow();
  const {route, records, chosenKey} = state;
  const stops = useMemo(() => (route ? foldStops(route, records) : []), [route, records]);
  const current = currentStop(stops, chosenKey);
  const aboard = onBoard(stops).kg;
  // Unloaded too early: the last unloading is done once more.
  const again = !current && aboard > 0 ? stops.findLast((stop) => stop.kind === "dispose") : null;
  const extra = route ? extraStops(route, stops, records) : [];
  const eta = route && expectedTimes(route, stops, extra, current, now);
  const [openMore, more] = useMore({session, state, stops, current});
  const Map = useLater(loadMap, Boolean(route));
  const Choice = useLater(loadChoice, !route);
  const Offer = useLater(loadOffer, Boolean(state.offered || state.replaced || state.gone));
  const Note = useLater(loadNote, Boolean(route));
  const Skip = useLater(loadSkip, Boolean(route));
  const Toast = useLater(loadToast, Boolean(route));
  const Pairing = useLater(loadPairing, Boolean(state.pairing));
  const told = useGuidance(session, route, current);
  const switches = html`<${LanguageSwitch} onLanguage=${onLanguage} /><${ThemeSwitch} />`;

  if (state.pairing) {
    return Pairing && html`<${Pairing} session=${session} why=${state.pairing} onLanguage=${onLanguage} />`;
  }
  if (!route) {
    return Choice && html`<${Choice} session=${session} state=${state} switches=${switches} />`;
  }
  return html`<div class="driver">
    <${TopBar} session=${session} state=${state} stops=${stops} endMs=${eta.endMs} onMore=${() => openMore(null)}
      switches=${switches} />
    <main class="work" id="content">
      <section class="map-side" aria-label=${t("driver.route")}>
        ${Map && html`<${Map} route=${route} stops=${stops} current=${current} own=${state.lastPosition} />`}
        <div class="over-map"><${Faults} state=${state} />
        <div role="status">${Offer && html`<${Offer} session=${session} state=${state} stops=${stops} current=${current} />`}</div></div>
        ${Toast && html`<${Toast} session=${session} toast=${state.toast} />`}
      </section>
      <section class="work-side" aria-label=${t("driver.next_stop")}>
        <${NextStop} stop=${current} chosen=${current && current.key === chosenKey} eta=${eta.stops} aboard=${aboard}
          route=${route} fromMemory=${state.fromMemory && !state.online}
          turn=${html`<${NextTurn} told=${told} onOpen=${() => openMore("way")} />`} />
        <${Actions} session=${session} stop=${current ?? again} reasons=${route.skip_reasons} Skip=${Skip} />
        <${StopList} session=${session} stops=${stops} extra=${extra} current=${current} eta=${eta.stops}
          note=${Note && html`<${Note} position=${state.position} />`} />
      </section>
    </main>
    ${more}
  </div>`;
}
