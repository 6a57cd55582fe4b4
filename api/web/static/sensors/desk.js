/** What the page knows: the list that was asked for, and how the stream is; asked again every few seconds. */
import {createStore} from "../lib/store.js";
import {getAlerts, getDeadLetters, getHealth, getQuarantine, getSensors, getWorkers} from "../office/asks.js";

const AGAIN_MS = 5_000;
const TYPING_MS = 250;
const LETTERS = 20;
export const PAGE = 50;

const EMPTY = {
  query: {state: "", q: "", sort: "state", offset: 0}, total: 0, counts: {}, sensors: [],
  health: null, workers: [], alerts: [], quarantine: [], letters: [], live: undefined, fault: "",
};

/** Empty filters are not sent: the server knows no sensor state "". */
const asParameters = ({state, q, sort, offset}) => ({limit: PAGE, offset, sort, ...(state && {state}), ...(q && {q})});

export function openDesk() {
  const store = createStore(EMPTY);
  let asked = 0; // an answer that was overtaken by a later question is dropped
  let typing = 0;

  async function askSensors() {
    const number = ++asked;
    const answer = await getSensors(asParameters(store.get().query));
    if (number === asked) store.set({total: answer.total, counts: answer.counts, sensors: answer.sensors});
  }

  async function askStream() {
    const [health, {workers}, {alerts}, {devices}, {dead_letters: letters}] = await Promise.all([
      getHealth(), getWorkers(), getAlerts(), getQuarantine(), getDeadLetters(LETTERS)]);
    store.set({health, workers, alerts, quarantine: devices, letters});
  }

  async function askAll() {
    const answers = await Promise.allSettled([askSensors(), askStream()]);
    const failed = answers.find((each) => each.status === "rejected");
    store.set({live: !failed, fault: failed?.reason ?? ""});
  }

  askAll();
  setInterval(() => document.hidden || askAll(), AGAIN_MS);
  document.addEventListener("visibilitychange", () => document.hidden || askAll());

  return {
    store,
    /** Look at another part of the list; what is not named stays, but the page begins anew. */
    look(change) {
      store.set({query: {...store.get().query, offset: 0, ...change}});
      clearTimeout(typing);
      typing = setTimeout(askAll, "q" in change ? TYPING_MS : 0);
    },
  };
}
