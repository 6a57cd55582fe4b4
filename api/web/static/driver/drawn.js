/** The drawn route: fetched last, so that the next stop and its buttons never wait for the map. */
import {currentTheme} from "../lib/theme.js";
import {startMap} from "../map/create.js";
import {addRouteLayers, recolour, routeData, stopData} from "./layers.js";
import {legsByStop} from "./route.js";

/**
 * A mark that is part of the page: it moves in the same moment as the card does. What lies in a source goes by way of
 * the map's worker, and of two tiles one may show it a second before the other when the tablet is busy.
 *
 * @returns {(position: object | null, text?: string | number) => void} Puts it there; takes it away with null.
 */
function pin({library, map}, className, style = {}) {
  const element = document.createElement("span");
  element.className = className;
  Object.assign(element.style, {pointerEvents: "none", ...style});
  element.setAttribute("aria-hidden", "true"); // card and list say it in words
  const marker = new library.Marker({element});
  return (position, text = "") => {
    element.textContent = text;
    if (!position) return marker.remove();
    marker.setLngLat([position.lon_deg, position.lat_deg]);
    return element.isConnected ? marker : marker.addTo(map);
  };
}

const OWN_PLACE = {width: "28px", height: "28px", border: "4px solid var(--surface)", borderRadius: "50%", background: "var(--ink)",
  zIndex: 1};
const isPlaced = (stop) => Number.isFinite(stop?.lat_deg) && stop.number !== null;

/**
 * @param {HTMLElement} container @param {number[]} bounds west, south, east, north @param {object} padding
 * @returns {Promise<{map: object, place: Function, update: Function, remove: () => void}>}
 */
export async function drawRoute(container, bounds, padding) {
  let drawn = null;
  const started = await startMap(container, bounds, {keepsToItself: true, padding, onTheme: (theme) => drawn && recolour(drawn.map, theme)});
  const {map} = started;
  addRouteLayers(map, currentTheme());
  const next = pin(started, "disc"); // as on the card;
  drawn = {
    map,
    remove: started.remove,
    place: pin(started, "own-place", OWN_PLACE),
    update(route, stops, current) {
      next(isPlaced(current) ? current : null, current?.number);
      map.getSource("route").setData(routeData(legsByStop(route), stops, current));
      map.getSource("stops").setData(stopData(stops, current));
    },
  };
  return drawn;
}
