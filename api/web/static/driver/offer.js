/** The office's new version of the route: told calmly over the map, taken when the driver says so. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {routeDifference} from "./route.js";

const NAMED = 3;

/** A few names say more than a number; many say less. */
const names = (stops) => (stops.length && stops.length <= NAMED ? `: ${stops.map((stop) => stop.name).join(", ")}` : "");

export function Offer({session, offered, stops, current}) {
  const {t} = useWords();
  const {added, removed, moved} = routeDifference(stops, offered);
  return html`<div class="offer">
    <div class="offer-words"><p><b>${t("offer.title")}</b></p><ul>
      ${added.length > 0 && html`<li>${t("offer.added", {n: added.length})}${names(added)}</li>`}
      ${removed.length > 0 && html`<li>${t("offer.removed", {n: removed.length})}${names(removed)}</li>`}
      ${moved > 0 && html`<li>${t("offer.moved", {n: moved})}</li>`}
      ${!added.length && !removed.length && !moved && html`<li>${t("offer.times")}</li>`}
    </ul></div>
    <button type="button" class="big quiet" onClick=${() => session.acceptOffer(current?.key)}>
      <span>${t("offer.accept")}</span></button>
  </div>`;
}
