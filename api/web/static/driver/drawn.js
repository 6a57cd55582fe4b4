/** The drawn route: fetched last, so that the next stop and its buttons never wait for the map. */
import {currentTheme} from "../lib/theme.js";
import {startMap} from "../map/create.js";
import {addRouteLayers, ownData, recolour, routeData, stopData} from "./layers.js";
import {legsByStop} from "./route.js";

/**
 * @param {HTMLElement} container @param {number[]} bounds west, south, east, north @param {object} padding
 * @returns {Promise<{map: object, update: Function, remove: () => void}>}
 */
export async function drawRoute(container, bounds, padding) {
  let drawn = null;
  const started = await startMap(container, bounds, {keepsToItself: true, padding, onTheme: (theme) => drawn && recolour(drawn.map, theme)});
  const {map} = started;
  addRouteLayers(map, currentTheme());
  drawn = {
    map,
    remove: started.remove,
    place: (position) => map.getSource("own").setData(ownData(position)),
    update(route, stops, current) {
      map.getSource("route").setData(routeData(legsByStop(route), stops, current));
      map.getSource("stops").setData(stopData(stops, current));
    },
  };
  return drawn;
}
