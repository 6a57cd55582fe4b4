/** The way to the next stop in words: fetched leg by leg while there is a network, kept for when there is none. */
import {getGuidance} from "../lib/api.js";
import {html, useEffect, useState} from "../lib/html.js";
import {useWords} from "../lib/context.js";
import {Icon} from "../lib/icons.js";

// The office's pages come first.
const BETWEEN_MS = 150;
const KEPT_ROUTES = 2;
const IN_SIGHT_M = 30;

const nameOf = (route, language) => `words:${route.plan_id}:${route.vehicle_id}:${language}`;

/**
 * Keep the words of every leg of the route. Goes on where it was when it is called again.
 *
 * @param {object} outbox Where they are kept. @param {() => boolean} isWanted False ends it: another route is shown.
 */
export async function keepWords(outbox, route, language, isWanted) {
  const name = nameOf(route, language);
  const kept = (await outbox.recall(name)) ?? {};
  for (let leg = 0; leg < (route.legs ?? []).length; leg += 1) {
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

/** The words for the leg that leads to the stop; null while nobody knows them. */
export function useGuidance(session, route, stop) {
  const {language} = useWords();
  const [told, setTold] = useState(null);
  const leg = `${route?.plan_id} ${stop?.key} ${language}`;
  useEffect(() => {
    let gone = false;
    if (!route || !stop) return undefined;
    session.words(route, stop.index, language).then((found) => gone || setTold(found && {...found, leg}), () => {});
    return () => {
      gone = true;
    };
  }, [leg]);
  // Drawn once before the effect: the words of the stop before would stand beside this one's name.
  return told?.leg === leg ? told : null;
}

const TURNS = {left: "turn_left", sharp_left: "turn_left", slight_left: "turn_left", right: "turn_right",
  sharp_right: "turn_right", slight_right: "turn_right", u_turn: "undo", roundabout: "auto", arrive: "pin"};

/** The arrow of a manoeuvre; its words always stand beside it. */
export const turnPicture = (kind) => TURNS[kind] ?? "up";

/** One line on the card: what to do first. The whole way opens on it. */
export function NextTurn({told, onOpen}) {
  const {t, format} = useWords();
  const turns = told?.manoeuvres.filter((each) => each.kind !== "depart") ?? [];
  if (!turns.length) return null;
  const first = told.manoeuvres[0];
  // With no turn left, which way the stop lies says more than "you have arrived", until it is in sight.
  const next = turns[0].kind === "arrive" && first.distance_m > IN_SIGHT_M ? first : turns[0];
  return html`<button type="button" class="next-turn" aria-haspopup="dialog" onClick=${onOpen}>
    <${Icon} name=${turnPicture(next.kind)} size=${26} />
    <span class="visually-hidden">${t("driver.way")}: </span>
    <span>${next.text}</span>
    ${first.kind === "depart" && html`<b>${format.metres(first.distance_m)}</b>`}</button>`;
}
