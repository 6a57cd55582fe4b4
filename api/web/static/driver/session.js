/** The driver's day as this tablet holds it: the route, the taps, and how it stands with the server. */
import {STREAM_PATH, carry, getDriverRoute, getDriverRoutes, getGuidance} from "../lib/api.js";
import {nowMs, nowUtc} from "../lib/clock.js";
import {recalled, remember} from "../lib/memory.js";
import {cityOrMemory} from "../lib/page.js";
import {createStore} from "../lib/store.js";
import {listen} from "../lib/stream.js";
import {openOutbox} from "./outbox.js";
import {comesAsPlanned, foldStops, hasBegun, isUnderWay} from "./route.js";
import {createSender} from "./sender.js";

const ASK_AGAIN_MS = 30_000;
const GATHER_MS = 400;

const EMPTY = {
  ready: false, routes: null, vehicleId: null, route: null, fromMemory: false, records: [], online: true, sending: 0,
  chosenKey: null, toast: null, fault: "", offered: null, replaced: null, gone: "", position: false, lastPosition: null, paired: false,
  pairing: location.hash.startsWith("#pair=") ? "asked" : "",
};

/** @returns {Promise<object>} The store and what the page may do with it. */
export async function openSession(vehicleId) {
  const store = createStore({...EMPTY, vehicleId});
  let outbox = null;
  try {
    outbox = await openOutbox();
  } catch (error) {
    store.set({fault: String(error?.message ?? error)});
  }
  const token = await outbox?.recall("token");
  store.set({paired: Boolean(token)});
  carry(token, refused);
  // Names and hours are the city's, and it tells them to whom it knows: with the token, not before.
  const askCity = async () => store.set({city: await cityOrMemory()});
  const named = askCity();

  /** The server does not know this tablet: it is paired again and keeps its taps. Revoked, it forgets everything. */
  function refused(why) {
    if (why === "tablet-revoked") forget("revoked");
    else store.set({pairing: why || "pairing-required"});
  }
  const forget = async (why) => (await import("./pairing/forget.js")).forgetAll(outbox, why);

  /** From now on this tablet is known. */
  async function paired({token: given}) {
    await outbox?.remember("token", given);
    carry(given);
    store.set({paired: true, pairing: ""});
    sender?.flush();
    await Promise.all([askCity(), askRoute()]);
  }

  const showRecords = async () => outbox && store.set({records: await outbox.all()});
  const sender = outbox && createSender(outbox, (state) => {
    // The office may have changed the route meanwhile.
    if (state.online && !store.get().online) askSoon();
    store.set(state);
  }, showRecords);
  await showRecords();
  // Another tab may have tapped.
  document.addEventListener("visibilitychange", showRecords);

  /** Today's routes, and ours among them; asked together, since a plan may be published or replaced at any time. */
  async function askRoute() {
    const askedMs = Date.now();
    try {
      const {routes, day, plan_id: planId} = await getDriverRoutes();
      store.set({routes, online: true});
      const wanted = store.get().vehicleId;
      const id = wanted ?? (routes.length === 1 ? routes[0].vehicle_id : null);
      await outbox?.remember("routes", routes);
      if (!routes.some((each) => each.vehicle_id === id)) {
        const {route: shown} = store.get();
        if (shown && planId && planId !== missedIn && day === shown.day) {
          // Told once for each plan.
          missedIn = planId;
          store.set({gone: shown.vehicle_name});
        }
        if (!isShownUnderWay()) store.set({route: null});
        return;
      }
      const route = {...(await getDriverRoute(id)), asked_ms: askedMs};
      // Else another truck was chosen meanwhile.
      if (store.get().vehicleId === wanted) take(id, route);
    } catch (error) {
      // A refusal is an answer: what is on the screen stays.
      if (!error.status) store.set({online: false});
      if (!store.get().routes) store.set({routes: (await outbox?.recall("routes")) ?? null});
    }
  }

  let missedIn = null;
  function isShownUnderWay() {
    const {route, records} = store.get();
    return Boolean(route) && isUnderWay(route, records, nowMs());
  }

  /**
   * Show the server's route. Once the driver has begun on another version it is only offered: what is on the screen
   * changes when the driver says so, and what others did meanwhile is shown on it.
   */
  async function take(id, route) {
    const shown = store.get().route;
    const isOffer = shown && shown.vehicle_id === id && shown.plan_id !== route.plan_id
      && (shown.day === route.day ? hasBegun(shown, store.get().records) : isShownUnderWay());
    const later = isOffer ? await import("./difference.js").catch(() => null) : null;
    // Not fetched, or another route is shown meanwhile: it is asked for again.
    if (isOffer && (!later || store.get().route !== shown)) return;
    const taken = isOffer ? later.withStates(shown, route) : route;
    const isOther = shown && !isOffer && shown.vehicle_id === id && shown.day === route.day && shown.plan_id !== route.plan_id;
    store.set({vehicleId: id, route: taken, offered: isOffer ? route : null, gone: "", fromMemory: false,
      ...(isOther && {replaced: shown})});
    await outbox?.remember(`route:${id}`, taken);
    // Offline: kept before, or later.
    import("./offline.js").then(({keepDay}) => keepDay(route, rememberedOr), () => {});
  }

  /** Go over to the office's new version; the stop being driven to stays the next one. */
  async function acceptOffer(currentKey) {
    const {offered, vehicleId: id} = store.get();
    if (!offered) return;
    store.set({route: offered, offered: null, replaced: null, chosenKey: currentKey ?? null});
    await outbox?.remember(`route:${id}`, offered);
    // What was done since it was offered.
    await askRoute();
  }

  /** Drive this vehicle: first what the tablet remembers, then what the server says. */
  async function choose(id) {
    store.set({vehicleId: id, route: null, chosenKey: null, toast: null, offered: null, replaced: null, gone: ""});
    keepVehicle(id);
    const kept = id && (await outbox?.recall(`route:${id}`));
    if (kept && store.get().vehicleId === id) store.set({route: kept, fromMemory: true});
    await askRoute();
  }

  /**
   * Take one tap: durable first, shown next, sent last.
   *
   * @param {object} stop @param {string} kind @param {object} [more] `skip_reason` or `undoes_key`.
   */
  const tap = (stop, kind, more = {}) => say(stop, [[kind, more]]);

  /** Several events that are one tap are kept together or not at all. */
  async function say(stop, said) {
    const {route} = store.get();
    const events = said.map(([kind, more]) => ({
      plan_id: route.plan_id, vehicle_id: route.vehicle_id, kind, tapped_utc: nowUtc(), ...placeOf(stop, kind),
      ...(place?.ofTap(store.get()) ?? {}), ...more,
    }));
    try {
      if (!outbox) throw new Error(store.get().fault);
      const records = await outbox.keep(events, {stop_key: stop.key, name: stop.name, day: route.day});
      const record = records.at(-1);
      store.set({records: [...store.get().records, ...records], chosenKey: null, toast: {record, kind: record.event.kind}});
      sender.flush();
    } catch (error) {
      store.set({fault: String(error?.message ?? error) || "IndexedDB"});
    }
  }

  /** Take a tap back; the tap itself stays on record. */
  function undo(record) {
    return tap({key: record.stop_key, name: record.name}, "undone", {undoes_key: record.key});
  }

  /** Tell the office; with a stop it is about its bin. */
  const report = (kind, note, stop) => tap(stop ?? {key: "", name: ""}, "reported", {
    report: kind, note, ...(stop ? {bin_id: stop.bin_id} : {}),
  });

  /** A bin that is not on the list. */
  const emptyOther = (bin) => tap({key: `${bin.bin_id}#1`, name: bin.name, bin_id: bin.bin_id}, "emptied");

  /** Say the unloading again with what the scales said: the first saying is taken back. */
  const weigh = (stop, told) => say(stop, [["undone", {undoes_key: stop.state_event_key}], ["unloaded", told]]);

  // `position.js`, once somebody wants it.
  let place = null;
  async function usePosition(on) {
    place ??= await import("./position.js");
    place.use(on, store);
  }

  /** The server's answer, kept for when there is no network; then the kept one. */
  async function rememberedOr(name, askServer) {
    try {
      const answer = await askServer();
      await outbox?.remember(name, answer);
      return answer;
    } catch (error) {
      const kept = await outbox?.recall(name);
      if (kept) return kept;
      throw error;
    }
  }

  /** What to do on the way to a stop of the route; keeps the other legs' words while at it. */
  async function words(route, leg, language) {
    const stops = foldStops(route, store.get().records);
    if (!stops[leg] || !comesAsPlanned(stops, stops[leg])) return null;
    // An earlier version's stops lead the list; the plan has no words for the way to them.
    leg -= route.former_stops ?? 0;
    if (leg < 0) return null;
    // The server speaks of the newest version only: on an older one what was kept has to do.
    const isShown = () => store.get().route?.plan_id === route.plan_id && !store.get().offered;
    const kept = (await outbox?.recall(`words:${route.plan_id}:${route.vehicle_id}:${language}`))?.[leg];
    if (!isShown()) return kept ?? null;
    const told = kept ?? await getGuidance(route.vehicle_id, leg, language);
    if (told.plan_id && told.plan_id !== route.plan_id) return null;
    if (outbox && !(keepingWords === language + route.plan_id)) {
      keepingWords = language + route.plan_id;
      import("./words.js").then(({keepWords}) => keepWords(outbox, route, language, isShown)).catch(() => {
        // Without a network: the next stop tries again.
        keepingWords = "";
      });
    }
    return told;
  }
  let keepingWords = "";

  const undoStop = (stop) => tap(stop, "undone", {undoes_key: stop.state_event_key});

  let gathering = 0;
  const askSoon = () => {
    clearTimeout(gathering);
    gathering = setTimeout(askRoute, GATHER_MS);
  };
  const concernsUs = (event) => event.vehicle_id === store.get().vehicleId
    && !store.get().records.some((record) => record.key === event.key);
  listen(STREAM_PATH, {
    plan: askSoon,
    event: (event) => concernsUs(event) && askSoon(),
  }, (online) => {
    store.set({online});
    if (online) {
      sender?.flush();
      askSoon();
    }
  });
  addEventListener("hashchange", () => location.hash.startsWith("#pair=") && store.set({pairing: "asked"}));
  // A proxy may swallow the stream without a word.
  setInterval(askRoute, ASK_AGAIN_MS);

  const session = {
    store, paired, forget, tap, undo, undoStop, choose, report, emptyOther, weigh, usePosition, rememberedOr, words, acceptOffer,
    waiting: async () => (await outbox?.waiting()) ?? [],
    leave: () => choose(null),
    select: (key) => store.set({chosenKey: key}),
    heard: () => store.set({replaced: null, gone: ""}),
    hideToast: () => store.set({toast: null}),
  };
  // Offline and never kept: taps have no place.
  if (recalled("tomma.position") === "on") usePosition(true).catch(() => {});
  await Promise.all([named, vehicleId ? choose(vehicleId) : askRoute()]);
  store.set({ready: true});
  sender?.flush();
  return session;
}

/** What the server wants to know of the place: each kind of action names its own thing and nothing else. */
function placeOf(stop, kind) {
  if (kind === "emptied" || kind === "skipped") return {bin_id: stop.bin_id};
  return kind === "unloaded" ? {disposal_site_id: stop.disposal_site_id} : {};
}

const KEPT = "tomma.vehicle";

/** The vehicle in the address, else the one driven last on this tablet. */
export const wantedVehicle = () => new URLSearchParams(location.search).get("vehicle") || recalled(KEPT);

function keepVehicle(id) {
  const address = new URL(location.href);
  if (id) address.searchParams.set("vehicle", id);
  else address.searchParams.delete("vehicle");
  history.replaceState(null, "", address);
  remember(KEPT, id);
}
