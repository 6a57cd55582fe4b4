/** What the office did to the route: a new version to take, one that took its place before the day began, or none at all. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {routeDifference} from "./difference.js";
import {foldStops} from "./route.js";

const NAMED = 3;

/** A few names say more than a number; many say less. */
const names = (stops) => (stops.length && stops.length <= NAMED ? `: ${stops.map((stop) => stop.name).join(", ")}` : "");

function Difference({from, to, current}) {
  const {t} = useWords();
  const {added, removed, moved} = routeDifference(from, to);
  const isOurs = current && removed.some((stop) => stop.bin_id === current.bin_id);
  return html`<ul>
    ${isOurs && html`<li><b>${t("offer.not_there", {name: current.name})}</b></li>`}
    ${added.length > 0 && html`<li>${t("offer.added", {n: added.length})}${names(added)}</li>`}
    ${removed.length > 0 && html`<li>${t("offer.removed", {n: removed.length})}${names(removed)}</li>`}
    ${moved > 0 && html`<li>${t("offer.moved", {n: moved})}</li>`}
    ${!added.length && !removed.length && !moved && html`<li>${t("offer.times")}</li>`}</ul>`;
}

function Note({title, word, onDone, children}) {
  const {t} = useWords();
  return html`<div class="offer"><div class="offer-words"><p><b>${title}</b></p>${children}</div>
    <button type="button" class="big quiet" onClick=${onDone}><span>${t(word)}</span></button></div>`;
}

export function Offer({session, state, stops, current}) {
  const {t} = useWords();
  const {offered, replaced, gone, route, records} = state;
  if (offered) {
    return html`<${Note} title=${t("offer.title")} word="offer.accept" onDone=${() => session.acceptOffer(current?.key)}>
      <${Difference} from=${stops} to=${offered} current=${current} /></${Note}>`;
  }
  if (gone) return html`<${Note} title=${t("offer.gone", {vehicle: gone})} word="offer.seen" onDone=${session.heard} />`;
  return replaced && html`<${Note} title=${t("offer.replaced")} word="offer.seen" onDone=${session.heard}>
    <${Difference} from=${foldStops(replaced, records)} to=${route} /></${Note}>`;
}
