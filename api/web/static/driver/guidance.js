/** The way to the next stop in words. */
import {html, useEffect, useState} from "../lib/html.js";
import {useWords} from "../lib/context.js";
import {Icon} from "../lib/icons.js";

const IN_SIGHT_M = 30;

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
