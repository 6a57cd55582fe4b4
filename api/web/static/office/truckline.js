/** A truck's mark in lists. */
import {html} from "../lib/html.js";
import {truckStyle} from "../map/palette.js";

/** The truck's line as on the map: colour and dash. */
export function TruckLine({index}) {
  const style = truckStyle(index);
  const dash = style.dash?.map((length) => length * 4).join(" ");
  const stroke = (theme) => html`<path class=${theme} d="M2 7h34" stroke=${style[theme]} stroke-width="5"
    stroke-dasharray=${dash} />`;
  return html`<svg class="truck-line" width="38" height="14" viewBox="0 0 38 14" aria-hidden="true" focusable="false">
    ${stroke("day")}${stroke("night")}</svg>`;
}
