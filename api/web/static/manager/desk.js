/** What the manager's page knows: bins, plans and what the trucks report, kept fresh by the live stream. */
import {STREAM_PATH} from "../lib/api.js";
import {nowMs} from "../lib/clock.js";
import {createStore} from "../lib/store.js";
import {listen} from "../lib/stream.js";
import {createPlan, getPlan, getPlans, publishPlan} from "../office/asks.js";
import {followJob, orderedJob} from "../office/job.js";
import {createLooks} from "../office/looks.js";
import {askTagged} from "../office/tagged.js";
import {Bins} from "./bins.js";

const BINS_AGAIN_MS = 60_000; // sensor states move slowly and are not in the stream
const GATHER_MS = 250;
const FEED_LENGTH = 8;
const RECENT_PLANS = 20;

const EMPTY = {
  bins: null, version: 0, wantsFigures: false, asOfUtc: null, live: false, loaded: false, fault: "",
  plan: null, planId: null, job: null, feed: [], selectedId: null,
};

/**
 * The plan to look at: what the trucks drive today, else what is ready for today, else what comes, else what was.
 *
 * @param {object[]} plans Newest first, as the server lists them.
 * @param {string} today Local day of the organisation, as 2026-11-22.
 */
export function planToShow(plans, today) {
  const usable = plans.filter((plan) => plan.status === "published" || plan.status === "ready");
  const published = (plan) => plan.status === "published";
  const ofToday = usable.filter((plan) => plan.day === today);
  const coming = usable.filter((plan) => plan.day > today).sort((one, other) => one.day.localeCompare(other.day));
  return ofToday.find(published) ?? ofToday[0] ?? coming.find(published) ?? coming[0] ?? usable.find(published) ?? null;
}

/** @param {{organisation: {timezone: string}}} city */
export function openDesk(city) {
  const store = createStore(EMPTY);
  const looks = createLooks(store);
  const localDay = new Intl.DateTimeFormat("sv-SE", {timeZone: city.organisation.timezone}); // writes 2026-11-22
  let ownPlanId = null; // the plan made from this page stays in view until it is replaced

  /** The columns are changed in place; a new number tells whoever draws from them. */
  const drawn = (more = {}) => store.set({version: store.get().version + 1, ...more});

  /** Where the bins stand is asked once, and again when another answer speaks of other places. */
  async function placed(anew) {
    const {bins: known} = store.get();
    if (known && !anew) return known;
    const {body, tag} = await askTagged("/map/places");
    return new Bins(body, tag);
  }

  let asking = 0;
  let heard = []; // what changed while an answer was under way that may be older than the change

  async function askBins(anew = false) {
    asking += 1;
    try {
      const [own, {body: levels}, {body: ahead}] = await Promise.all([
        placed(anew), askTagged("/map/levels"), askTagged("/map/ahead")]);
      if (!own.fits(levels) || !own.fits(ahead)) return anew ? binsSoon() : await askBins(true);
      own.putLevels(levels);
      own.putAhead(ahead);
      own.takeChanges(heard);
      drawn({bins: own, asOfUtc: levels.as_of_utc, loaded: true});
      looks.succeed();
      if (store.get().wantsFigures) await askFigures();
    } catch (error) {
      looks.fail(error);
    } finally {
      asking -= 1;
      if (!asking) heard = [];
    }
    return undefined;
  }

  /** Ages and risks are for the table alone: asked for when it is opened. */
  async function askFigures() {
    store.set({wantsFigures: true});
    const {bins: own} = store.get();
    if (!own) return;
    try {
      const {body: figures} = await askTagged("/map/figures");
      if (!own.fits(figures)) return;
      own.putFigures(figures);
      drawn();
    } catch (error) {
      looks.fail(error);
    }
  }

  /** The stream tells only what changed: what it does not tell stays as it was. */
  function takeChanges({bins: changed}) {
    if (asking) heard.push(...changed);
    const {bins: own} = store.get();
    if (own?.takeChanges(changed)) drawn();
  }

  async function showPlan(id) {
    const plan = id ? await getPlan(id) : null;
    store.set({plan, planId: id});
  }

  async function askPlans() {
    try {
      const {plans} = await getPlans(RECENT_PLANS);
      const running = plans.find((plan) => plan.status === "queued" || plan.status === "solving");
      if (running && !store.get().job) follow(running.id);
      const own = plans.find((plan) => plan.id === ownPlanId && plan.status !== "superseded");
      await showPlan((own ?? planToShow(plans, localDay.format(nowMs())))?.id ?? null);
    } catch (error) {
      looks.fail(error);
    }
  }

  const follow = (id) => followJob(store, id, async (failed) => {
    if (failed) return;
    ownPlanId = id;
    try {
      await showPlan(id);
    } catch (error) {
      looks.fail(error);
    }
  });

  async function makePlan() {
    store.set({job: orderedJob()});
    try {
      follow((await createPlan()).id);
    } catch (error) {
      store.set({job: {status: "failed", failed: true, error, costs: []}});
    }
  }

  async function publish() {
    try {
      await publishPlan(store.get().planId);
      store.set({fault: ""});
      await showPlan(store.get().planId);
      await askBins();
    } catch (error) {
      store.set({fault: error});
    }
  }

  let gathering = 0;
  const plansSoon = () => {
    clearTimeout(gathering);
    gathering = setTimeout(askPlans, GATHER_MS);
  };
  let again = 0;
  const binsSoon = () => {
    clearTimeout(again);
    again = setTimeout(() => askBins(), GATHER_MS);
  };
  listen(STREAM_PATH, {
    bins: takeChanges,
    forecast: binsSoon,
    city: binsSoon,
    plan: plansSoon,
    event: (event) => store.set({feed: [event, ...store.get().feed].slice(0, FEED_LENGTH)}),
  }, (live) => {
    const wasAway = live && !store.get().live && store.get().loaded;
    store.set({live});
    if (wasAway) {
      askBins();
      askPlans();
    }
  });
  askBins();
  askPlans();
  setInterval(() => askBins(), BINS_AGAIN_MS);

  return {
    store, makePlan, publish, askFigures,
    select: (id) => store.set({selectedId: id}),
  };
}
