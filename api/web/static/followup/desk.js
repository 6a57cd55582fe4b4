/** What the page knows: the day as it goes, the stop that is looked at, and the plan that would change the rest of it. */
import {STREAM_PATH} from "../lib/api.js";
import {clockFactor} from "../lib/clock.js";
import {createStore} from "../lib/store.js";
import {listen} from "../lib/stream.js";
import {getPlans, publishPlan} from "../office/asks.js";
import {followJob, orderedJob} from "../office/job.js";
import {createLooks} from "../office/looks.js";
import {withdraw} from "../office/asks.js";
import {discardPlan, getChanges, getFollowUp, getSums, orderReplan, stopPlan, takeMissedBack} from "./asks.js";

const AGAIN_MS = 20_000; // what is expected moves with the clock
const AGAIN_FAST_MS = 4_000; // a demo's clock runs through a day in minutes
const GATHER_MS = 400;
const REST = 2; // times what the last answer took: in a large city it is megabytes, and drivers tap all the time
const RECENT_PLANS = 20;

const EMPTY = {
  today: null, live: undefined, fault: "", view: "timeline", filter: {truck: "", state: ""}, selected: null,
  wishes: {gone: null, closed: null, exclude: [], lock: {}, again: [], budget_s: 2}, job: null, proposal: null, changes: null, told: "",
  past: null, orderedId: null,
};

/** The trucks that cannot go on: as ticked; until somebody ticks, as the plan on the road has it. */
export const goneOf = ({wishes, today}) => wishes.gone
  ?? today.routes.filter((route) => route.state === "taken_out").map((route) => route.vehicle_id);

/** The disposal sites at which nothing is unloaded: as ticked; until somebody ticks, as the plan on the road has it. */
export const closedOf = ({wishes, today}) => wishes.closed ?? today.closed_disposal_site_ids;

export function openDesk() {
  const store = createStore(EMPTY);
  const looks = createLooks(store);

  let asked = 0;
  let shown = 0; // an answer that a later one has overtaken is dropped
  let tookMs = 0;

  async function look() {
    const number = ++asked;
    const begunMs = performance.now();
    try {
      const today = await getFollowUp();
      tookMs = performance.now() - begunMs;
      if (number < shown) return;
      shown = number;
      store.set({today});
      looks.succeed();
      if (store.get().proposal) await compare();
    } catch (error) {
      looks.fail(error);
    }
  }

  let sought = 0;

  /** A ready plan that changes the one on the road lies on every manager's desk, whoever ordered it. */
  async function lookForProposal() {
    const number = ++sought;
    try {
      const {plans} = await getPlans(RECENT_PLANS);
      if (number !== sought) return; // asked again since, or it was decided on
      const {today} = store.get();
      const found = plans.find((plan) => plan.status === "ready" && plan.replaces && plan.replaces === today?.plan_id);
      if (found?.id === store.get().proposal?.id) return;
      store.set({proposal: found ?? null, changes: null});
      if (found) await compare();
    } catch (error) {
      looks.fail(error);
    }
  }

  async function compare() {
    const {proposal} = store.get();
    const changes = await getChanges(proposal.id);
    if (store.get().proposal?.id === proposal.id) store.set({changes});
  }

  async function lookAtAll() {
    await look();
    await lookForProposal();
  }

  const follow = (id) => followJob(store, id, lookForProposal);

  /** What was skipped is tried again only when somebody asks: those requests are made first. */
  async function replan() {
    const {wishes, today} = store.get();
    store.set({told: "", job: orderedJob()});
    try {
      if (wishes.again.length) await takeMissedBack(wishes.again);
      const {id} = await orderReplan({
        replan_of: today.plan_id, budget_s: wishes.budget_s, unavailable_vehicle_ids: goneOf(store.get()),
        closed_disposal_site_ids: closedOf(store.get()),
        exclude_bin_ids: wishes.exclude,
        lock: Object.entries(wishes.lock).map(([bin_id, vehicle_id]) => ({bin_id, vehicle_id})),
      });
      store.set({orderedId: id});
      follow(id);
    } catch (error) {
      store.set({job: {status: "failed", failed: true, error, costs: []}});
    }
  }

  /** Be content with the best so far. */
  async function stop() {
    store.set({job: {...store.get().job, stopping: true}});
    await stopPlan(store.get().job.id).catch((error) => store.set({fault: error}));
  }

  async function change(work, told) {
    try {
      await work();
      store.set({told, fault: ""});
    } catch (error) {
      store.set({fault: error});
    }
    await lookAtAll();
  }

  function putAside(more = {}) {
    sought += 1;
    store.set({proposal: null, changes: null, ...more});
  }

  let gathering = 0;
  const soon = (work) => () => {
    clearTimeout(gathering);
    gathering = setTimeout(work, Math.max(GATHER_MS, REST * tookMs));
  };
  listen(STREAM_PATH, {event: soon(look), plan: soon(lookAtAll)}, (live) => {
    const wasAway = live && store.get().live === false;
    store.set({live});
    if (wasAway) lookAtAll();
  });
  setInterval(() => document.hidden || look(), clockFactor() > 1 ? AGAIN_FAST_MS : AGAIN_MS);
  document.addEventListener("visibilitychange", () => document.hidden || look());
  lookAtAll();

  return {
    store, replan, stop,
    wish: (more) => store.set({wishes: {...store.get().wishes, ...more}}),
    show: (view) => store.set({view}),
    filter: (more) => store.set({filter: {...store.get().filter, ...more}}),
    select: (vehicleId, key) => store.set({selected: key === null ? null : {vehicleId, key}}),
    publish: () => change(async () => {
      await publishPlan(store.get().proposal.id);
      putAside({wishes: EMPTY.wishes});
    }, "published"),
    discard: () => change(async () => {
      await discardPlan(store.get().proposal.id);
      putAside();
    }, "discarded"),
    takeBack: (binIds) => change(() => takeMissedBack(binIds), "taken_back"),
    withdraw: (binId, requestId) => change(() => withdraw(binId, requestId), "withdrawn"),
    async lookBack(day) {
      if (!day || day === store.get().today?.day) return store.set({past: null});
      try {
        return store.set({past: {day, sums: await getSums(day)}});
      } catch (error) {
        return store.set({past: {day, sums: null, fault: error}});
      }
    },
  };
}
