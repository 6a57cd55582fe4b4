/** The whole way to the next stop, turn by turn, and the way out to the tablet's own navigation. */
import {useWords} from "../../lib/context.js";
import {html} from "../../lib/html.js";
import {Icon} from "../../lib/icons.js";
import {turnPicture, useGuidance} from "../guidance.js";

/** A link that every tablet's navigation answers to (RFC 5870). */
const geoLink = ({lat_deg: lat, lon_deg: lon, name}) => `geo:${lat},${lon}?q=${lat},${lon}(${encodeURIComponent(name)})`;

export function Way({session, state, current}) {
  const {t, format} = useWords();
  const told = useGuidance(session, state.route, current);
  if (!current) return html`<p role="status">${t("driver.all_done")}</p>`;
  return html`<p><b>${current.name || t("driver.break")}</b></p>
    ${!told && html`<p role="status">${t("way.none")}</p>`}
    ${told?.source === "straight_line" && html`<p class="hint">${t("way.straight_line")}</p>`}
    <ol class="way">${told?.manoeuvres.map((each, index) => html`<li key=${index}>
      <${Icon} name=${turnPicture(each.kind)} size=${26} /><span>${each.text}</span>
      ${each.distance_m > 0 && html`<b>${format.metres(each.distance_m)}</b>`}</li>`)}</ol>
    ${Number.isFinite(current.lat_deg) && html`<a class="tile" href=${geoLink(current)}>${t("way.navigate")}</a>`}`;
}
