/** A plan that is being made, as a page's store keeps it in `job`, followed until it is there or has failed. */
import {listen} from "../lib/stream.js";
import {progressPath} from "./asks.js";

const FINAL = new Set(["ready", "failed", "published", "superseded", "discarded"]);

/** A plan that was ordered; without an id the server has not answered yet. */
export const orderedJob = (id = null) => ({
  id, status: "queued", stage: "queued", elapsed_s: 0, best_cost_minor: null, costs: [],
});

/**
 * @param {{get: Function, set: Function}} store
 * @param {string} id
 * @param {(failed: boolean) => void} onEnd Told once; a job that failed stays in the store and says why.
 */
export function followJob(store, id, onEnd) {
  store.set({job: orderedJob(id)});
  const stop = listen(progressPath(id), {
    progress(progress) {
      const {job} = store.get();
      const cost = progress.best_cost_minor;
      const before = job?.costs ?? [];
      const costs = cost === null || cost === before.at(-1) ? before : [...before, cost];
      store.set({job: {...job, ...progress, id, costs}});
      if (!FINAL.has(progress.status)) return;
      stop();
      const failed = progress.status === "failed";
      store.set({job: failed ? {...store.get().job, failed: true} : null});
      onEnd(failed);
    },
  });
}
