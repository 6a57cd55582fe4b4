/** The way to every stop in words: fetched leg by leg while there is a network, kept for when there is none. */
import {getGuidance} from "../lib/api.js";

// The office's pages come first.
const BETWEEN_MS = 150;
const KEPT_ROUTES = 2;

const nameOf = (route, language) => `words:${route.plan_id}:${route.vehicle_id}:${language}`;

/**
 * Keep the words of every leg of the route. Goes on where it was when it is called again.
 *
 * @param {object} outbox Where they are kept. @param {() => boolean} isWanted False ends it: another route is shown.
 */
export async function keepWords(outbox, route, language, isWanted) {
  const name = nameOf(route, language);
  const kept = (await outbox.recall(name)) ?? {};
  for (let leg = 0; leg < (route.legs ?? []).length - (route.former_stops ?? 0); leg += 1) {
    if (kept[leg]) continue;
    if (!isWanted()) return;
    const {manoeuvres, source, plan_id: planId} = await getGuidance(route.vehicle_id, leg, language);
    // Replaced meanwhile.
    if (planId !== route.plan_id) return;
    kept[leg] = {manoeuvres, source};
    await outbox.remember(name, kept);
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
  }
  const names = ((await outbox.recall("words")) ?? []).filter((each) => each !== name);
  await Promise.all(names.slice(KEPT_ROUTES - 1).map((each) => outbox.remember(each, undefined)));
  await outbox.remember("words", [name, ...names.slice(0, KEPT_ROUTES - 1)]);
}
