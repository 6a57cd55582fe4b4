/** What the page knows: which list is open, what was searched for, and what came. */
import {createStore} from "../lib/store.js";
import {getAsset, look} from "./api.js";

export const PAGE = 100;
export const TABS = ["bins", "sites", "container-types", "sensors", "quarantine", "sheet", "retired"];
const TYPING_MS = 250;
const AGAIN_MS = 15_000;
const ROWS = {
  bins: "bins", sites: "sites", "container-types": "container_types", sensors: "sensors", quarantine: "devices", retired: "retired",
};
const PLAIN = {q: "", area: "", fraction: "", sensor: "", sort: "id", descending: false, offset: 0};

/** The part of the address behind "#" says what is open: a link to a bin can be sent to a colleague. */
function wanted() {
  const [tab, id] = decodeURIComponent(location.hash.slice(1)).split(/\/(.*)/s);
  return {tab: TABS.includes(tab) ? tab : "bins", id: id || null};
}

const parameters = (tab, query) => {
  if (tab === "quarantine" || tab === "container-types") return {};
  if (tab === "retired") return {limit: PAGE};
  const {q, offset} = query;
  if (tab !== "bins") return {q, offset, limit: PAGE};
  return Object.fromEntries(Object.entries({...query, limit: PAGE}).filter(([, value]) => value !== ""));
};

export function openDesk() {
  const store = createStore({
    ...wanted(), query: PLAIN, rows: null, total: 0, areas: [], types: [], strangers: 0, thing: null, mark: "", fault: "",
    making: false, said: "",
  });
  let asked = 0;
  let typing = 0;

  async function askRows() {
    const number = ++asked;
    const {tab, query} = store.get();
    if (tab === "sheet") return;
    try {
      const answer = await look(tab, parameters(tab, query));
      if (number !== asked) return;
      const rows = answer[ROWS[tab]];
      store.set({rows, total: answer.total ?? rows.length, areas: answer.areas ?? store.get().areas, fault: ""});
    } catch (error) {
      if (number === asked) store.set({fault: error, rows: store.get().rows ?? []});
    }
  }

  async function askThing() {
    const {tab, id} = store.get();
    if (!id || !["bins", "sites", "container-types", "sensors"].includes(tab)) return store.set({thing: null});
    try {
      const {body, mark} = await getAsset(tab, id);
      if (store.get().id === id) store.set({thing: body, mark, fault: ""});
    } catch (error) {
      store.set({thing: null, id: null, fault: error});
    }
  }

  const askAround = () => Promise.all([
    look("container-types").then(({container_types: types}) => store.set({types}), () => {}),
    look("quarantine").then(({total}) => store.set({strangers: total}), () => {}),
  ]);

  function follow() {
    const next = wanted();
    const turned = next.tab !== store.get().tab;
    store.set({...next, making: false, ...(turned && {query: PLAIN, rows: null}), ...(next.id !== store.get().id && {thing: null})});
    if (turned) askRows();
    askThing();
  }
  addEventListener("hashchange", follow);
  askRows();
  askThing();
  askAround();
  setInterval(() => document.hidden || (store.get().tab === "quarantine" ? askRows() : askAround()), AGAIN_MS);

  const open = (tab, id) => {
    location.hash = id ? `${tab}/${encodeURIComponent(id)}` : tab;
  };
  return {
    store,
    open,
    look(change) {
      store.set({query: {...store.get().query, offset: 0, ...change}});
      clearTimeout(typing);
      typing = setTimeout(askRows, "q" in change ? TYPING_MS : 0);
    },
    make: (making = true) => store.set({making, id: null, thing: null}),
    /** After something was saved: show it, say so, and ask for the list again. */
    saved(tab, id, said, answer) {
      store.set({making: false, said, ...(answer && {thing: answer.body, mark: answer.mark})});
      if (id !== store.get().id || tab !== store.get().tab) open(tab, id);
      askRows();
      askAround();
      if (!answer) askThing();
    },
    again() {
      askRows();
      askThing();
      askAround();
    },
  };
}
