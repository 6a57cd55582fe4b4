/** What the planning page knows: the day, its plans, the one on the table, what is being made; kept fresh by the stream. */
import {STREAM_PATH} from "../lib/api.js";
import {nowMs} from "../lib/clock.js";
import {createStore} from "../lib/store.js";
import {listen} from "../lib/stream.js";
import {getPlan} from "../office/asks.js";
import {inOrder} from "../office/natural.js";
import {followJob, orderedJob} from "../office/job.js";
import {createLooks} from "../office/looks.js";
import {editPlan, getBinPlaces, getComparison, getCurve, getOrdered, getPlansOf, orderPlan, sendPlan, stopPlan} from "./api.js";
import {planToOpen} from "./rounds.js";

const AGAIN_MS = 3_000;
const GATHER_MS = 250;

const EMPTY = {
  day: "", plans: [], plan: null, before: null, redo: [], job: null, busy: false, bins: [], areas: [], byId: new Map(),
  selectedId: null, truck: null, live: false, loaded: false, fault: "", said: null, curve: null, comparison: null,
  ordered: null,
};

/** @param {{organisation: {timezone: string}}} city */
export function openDesk(city) {
  const localDay = new Intl.DateTimeFormat("sv-SE", {timeZone: city.organisation.timezone}); // writes 2026-11-22
  const store = createStore({...EMPTY, day: localDay.format(nowMs())});
  const get = store.get;
  const fail = (error) => store.set({fault: error, busy: false});

  /** Do what may fail; the last fault is forgotten, a new one is shown. */
  async function trying(work) {
    store.set({fault: ""});
    try {
      return await work();
    } catch (error) {
      fail(error);
      return null;
    }
  }

  const looks = createLooks(store);
  /** Look without being asked to. */
  const looking = (work) => work().then(looks.succeed, looks.fail);

  /** Names and places, asked once: how full each is now stands in the plan's reasons. */
  const askBins = () => looking(async () => {
    const bins = await getBinPlaces();
    store.set({bins, areas: inOrder(new Set(bins.map((bin) => bin.area))), byId: new Map(bins.map((bin) => [bin.id, bin]))});
  });

  let turned = 0; // how often a change by hand or another day was laid on the table: what was asked before is dropped

  async function showPlan(id, more = {}) {
    const own = turned;
    const plan = id ? await getPlan(id) : null;
    if (own !== turned) return;
    const truck = plan?.routes.some((route) => route.vehicle_id === get().truck)
      ? get().truck : (plan?.routes[0]?.vehicle_id ?? null);
    store.set({plan, truck, comparison: null, ...more});
  }

  /** The day's plans; the one on the table stays while it is of that day. `more` is set with the one to `open`. */
  async function askPlans({open = null, more = {}} = {}) {
    const {day} = get();
    const own = turned;
    const plans = await getPlansOf(day);
    if (get().day !== day) return;
    store.set({plans});
    const running = plans.find((each) => each.status === "queued" || each.status === "solving");
    if (running && get().job?.id !== running.id) follow(running.id);
    const {plan} = get();
    // Drafts are not listed: the one on the table is being worked on.
    if (own !== turned || (!open && plan?.status === "draft")) return;
    const wanted = plans.find((each) => each.id === (open ?? plan?.id)) ?? planToOpen(plans);
    if (wanted?.id !== get().plan?.id || wanted?.status !== get().plan?.status) await showPlan(wanted?.id ?? null, more);
    else store.set(more);
    store.set({loaded: true});
  }

  const follow = (id) => followJob(store, id, (failed) => {
    if (!failed) trying(() => askPlans({open: id, more: {before: null, redo: []}}));
  });

  const order = (body) => trying(async () => {
    store.set({job: orderedJob()});
    try {
      const job = await orderPlan({day: get().day, ...body});
      if (get().job?.id !== job.id) follow(job.id);
    } catch (error) {
      store.set({job: null});
      throw error;
    }
  });

  /** What the day of the plan on the road was ordered with: a change of it begins with that. */
  const askOrdered = (id) => trying(async () => {
    const ordered = await getOrdered(id);
    store.set({ordered: {...ordered, plan_id: id}});
  });

  const stop = () => trying(async () => {
    store.set({job: {...get().job, stopping: true}});
    await stopPlan(get().job.id);
  });

  /** One change by hand: the server weighs it anew; `said` is what to tell when it is done. */
  const edit = (edits, said) => trying(async () => {
    const {plan, busy} = get();
    if (busy) return;
    store.set({busy: true});
    const draft = await editPlan(plan.id, edits);
    turned += 1;
    store.set({
      plan: draft, before: plan, redo: [], busy: false, comparison: null, said: {...said, undone: false},
      truck: draft.routes.some((route) => route.vehicle_id === get().truck)
        ? get().truck : (draft.routes[0]?.vehicle_id ?? null),
    });
  });

  const undo = () => trying(async () => {
    const {plan, redo} = get();
    if (!plan?.edited_from) return;
    await showPlan(plan.edited_from, {before: plan, redo: [plan.id, ...redo], said: {undone: true}});
  });

  const redo = () => trying(async () => {
    const {plan, redo: [next, ...rest]} = get();
    await showPlan(next, {before: plan, redo: rest, said: {redone: true}});
  });

  const publish = (acceptWarnings) => trying(async () => {
    const {id} = get().plan;
    await sendPlan(id, acceptWarnings);
    await askPlans({open: id, more: {before: null, redo: [], said: null}});
  });

  let compareTimer = 0;
  const compare = () => looking(async () => {
    const {plan} = get();
    const comparison = await getComparison(plan.id);
    if (get().plan?.id !== plan.id) return;
    store.set({comparison});
    clearTimeout(compareTimer);
    if (comparison.rules === "computing") compareTimer = setTimeout(compare, AGAIN_MS);
  });

  let curveTimer = 0;
  async function askCurve() {
    clearTimeout(curveTimer);
    const {day} = get();
    const curve = await getCurve().catch(() => ({status: "failed", points: []}));
    if (get().day !== day) return;
    store.set({curve});
    if (curve.status === "computing") curveTimer = setTimeout(askCurve, AGAIN_MS);
  }

  const showDay = (day) => {
    turned += 1;
    store.set({day, loaded: false, plans: [], plan: null, before: null, redo: [], curve: null, comparison: null, selectedId: null});
    return trying(askPlans);
  };

  let opener = null;
  /** Open a bin's card, or close it: then the keyboard goes back to where it was opened. */
  function select(id) {
    if (id && get().selectedId === null) opener = document.activeElement;
    store.set({selectedId: id});
    if (id === null) setTimeout(() => (opener?.isConnected ? opener : document.getElementById("content")).focus());
  }

  let gathering = 0;
  const plansSoon = () => {
    clearTimeout(gathering);
    gathering = setTimeout(() => looking(askPlans), GATHER_MS);
  };
  const onSchedule = (run) => store.set({run});
  listen(STREAM_PATH, {plan: plansSoon, schedule: onSchedule, pareto: () => get().curve && askCurve()}, (live) => {
    const wasAway = live && !get().live && get().plans.length > 0;
    store.set({live});
    if (wasAway) plansSoon();
  });

  /** A link names a plan of any day, or a draft, which no list has: it is opened where it belongs. */
  async function begin() {
    const id = new URLSearchParams(location.search).get("plan");
    let missing = "";
    const linked = id ? await getPlan(id).catch((error) => { missing = error; }) : null;
    if (turned) return; // another day was chosen meanwhile
    if (linked) store.set({day: linked.day});
    const isDraft = linked?.status === "draft";
    if (isDraft) await showPlan(id, {loaded: true});
    await askPlans({open: isDraft ? null : linked?.id ?? null});
    store.set({fault: missing});
  }

  askBins();
  trying(begin);

  return {
    store, order, askOrdered, stop, edit, undo, redo, publish, compare, askCurve, showDay,
    showPlan: (id) => trying(() => showPlan(id, {before: null, redo: []})),
    today: () => localDay.format(nowMs()),
    select,
    setTruck: (id) => store.set({truck: id}),
  };
}
