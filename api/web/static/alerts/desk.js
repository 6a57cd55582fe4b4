/** What the page knows: the list that was asked for, what is chosen in it, the orders, and who is told. */
import {STREAM_PATH} from "../lib/api.js";
import {newKey} from "../lib/ids.js";
import {createStore} from "../lib/store.js";
import {listen} from "../lib/stream.js";
import {tellCount} from "../office/alertcount.js";
import {createLooks} from "../office/looks.js";
import {act, changeOrder, getChannels, getOpen, getOrder, getOrders, getPast, makeOrder, sendTest} from "./asks.js";

export const PAGE = 50;
export const VIEWS = ["open", "past", "work", "channels"];
const SOON_MS = 200;
const AGAIN_MS = 30_000; // ages grow, snoozes end: also without news
const NO_FILTERS = {urgency: "", state: "", kind: "", area: "", fraction: "", q: ""};

const EMPTY = {
  view: "open", filters: NO_FILTERS, offset: 0, total: 0, counts: {state: {}, urgency: {}, kind: {}, area: {}}, alerts: [],
  orders: [], orderCounts: {}, order: null, channels: null, chosen: [], shown: null, live: undefined, fault: "", said: "",
};

const viewInAddress = () => (VIEWS.includes(location.hash.slice(1)) ? location.hash.slice(1) : "open");

export function openDesk() {
  const store = createStore({...EMPTY, view: viewInAddress()});
  const looks = createLooks(store);
  let asked = 0; // an answer that was overtaken by a later question is dropped
  let timer = 0;

  async function load() {
    const number = ++asked;
    const {view, filters, offset} = store.get();
    const state = view === "past" ? "" : filters.state;
    const ofView = {
      open: () => getOpen({...filters, limit: PAGE, offset}),
      past: () => getPast({...filters, state, limit: PAGE, offset}),
      work: () => getOrders({limit: 500}),
      channels: getChannels,
    };
    const answer = await ofView[view]();
    if (number !== asked) return;
    if (view === "work") store.set({orders: answer.work_orders, orderCounts: answer.counts});
    else if (view === "channels") store.set({channels: answer});
    else take(answer);
    looks.succeed();
  }

  /** Keep what is chosen as long as it is there. */
  function take(answer) {
    const {chosen, shown} = store.get();
    const here = new Map(answer.alerts.map((each) => [each.id, each]));
    store.set({
      total: answer.total, alerts: answer.alerts, ...(answer.counts && {counts: answer.counts}),
      chosen: chosen.filter((id) => here.has(id)), shown: shown && (here.get(shown.id) ?? shown),
    });
  }

  const failed = (error) => store.set({fault: error});
  const refresh = () => load().catch(looks.fail);
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, SOON_MS);
  };

  /** Do something and show what became of it; a failure is told and changes nothing. */
  async function doing(work, said) {
    try {
      await work();
      store.set({fault: "", said});
      await load();
    } catch (error) {
      failed(error);
    }
  }

  listen(STREAM_PATH, {
    alert(summary) {
      tellCount(summary);
      soon();
    },
  }, (live) => {
    store.set({live});
    if (live) refresh();
  });
  refresh();
  setInterval(() => document.hidden || refresh(), AGAIN_MS);
  addEventListener("hashchange", () => look({view: viewInAddress()}));

  /** Look elsewhere; what is not named stays, but the list begins anew. */
  function look(change) {
    store.set({offset: 0, chosen: [], shown: null, order: null, said: "", fault: "", alerts: [], total: 0, ...change});
    refresh();
  }

  return {
    store,
    look,
    filter: (change) => {
      store.set({filters: {...store.get().filters, ...change}, offset: 0, chosen: []});
      soon();
    },
    page: (offset) => look({offset}),
    choose: (ids) => store.set({chosen: ids}),
    show: (alert) => store.set({shown: alert, said: "", fault: "", order: null}),
    showOrder: (id) => getOrder(id).then((order) => store.set({order, shown: null, said: ""}), failed),
    closeSide: () => store.set({shown: null, order: null}),
    act: (ids, action, more, said) => doing(() => act({ids, action, key: newKey(), ...more}), said),
    order: (body, said) => doing(async () => store.set({order: await getOrder((await makeOrder({id: newKey(), ...body})).id),
      shown: null}), said),
    step: (order, change, said) => doing(async () => {
      await changeOrder(order, change);
      store.set({order: await getOrder(order.id)});
    }, said),
    test: (recipient, said) => doing(() => sendTest(recipient), said),
  };
}
