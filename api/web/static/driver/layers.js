/** What the driver's map shows on top of the streets, and how it is drawn. */
import {PALETTES} from "../map/palette.js";
import {arrowLayer, asCollection, legFeatures} from "../map/lines.js";
import {BOLD_FONT} from "../map/style.js";
import {isDone} from "./route.js";

const NUMBERED = 10; // more numbers than this hide the streets

/** Each leg with where it is in the day: done, next, or coming. */
export function routeData(legs, stops, current) {
  const phase = (index) => {
    if (index < stops.length && isDone(stops[index])) return "done";
    return stops[index]?.key === current?.key ? "next" : "coming";
  };
  return asCollection(legs.flatMap((leg, index) => legFeatures([leg], {phase: phase(index)})));
}

/** Stops that share a place share a mark: "4–6". */
export function stopData(stops, current) {
  const soon = new Set(stops.filter((stop) => !isDone(stop) && stop.number !== null).slice(0, NUMBERED)
    .map((stop) => stop.key));
  const places = new Map();
  for (const stop of stops) {
    if (stop.number === null || stop.lat_deg === null || stop.lat_deg === undefined) continue;
    const at = `${stop.lon_deg},${stop.lat_deg}`;
    if (!places.has(at)) places.set(at, []);
    places.get(at).push(stop);
  }
  return asCollection([...places.values()].map((group) => placeFeature(group, soon, current)));
}

function placeFeature(group, soon, current) {
  const open = group.filter((stop) => !isDone(stop));
  const shown = open.filter((stop) => soon.has(stop.key));
  const isNext = open.some((stop) => stop.key === current?.key);
  const isUnloading = group[0].kind === "dispose"; // has a picture of its own
  const rank = isNext ? "next" : shown.length && !isUnloading ? "soon" : open.length ? "rest" : "done";
  const numbers = (shown.length ? shown : open).map((stop) => stop.number);
  const text = isNext ? current.number : numbers.length > 1 ? `${numbers[0]}–${numbers.at(-1)}` : numbers[0];
  return {
    type: "Feature",
    properties: {rank, text: rank === "next" || rank === "soon" ? String(text) : "", order: numbers[0] ?? 0,
      unload: isUnloading},
    geometry: {type: "Point", coordinates: [group[0].lon_deg, group[0].lat_deg]},
  };
}

const byPhase = (done, next, coming) => ["match", ["get", "phase"], "done", done, "next", next, coming];
const byRank = (next, soon, rest, done) => ["match", ["get", "rank"], "next", next, "soon", soon, "rest", rest, done];
const byZoom = (thin, thick) => ["interpolate", ["exponential", 1.4], ["zoom"], 11, thin, 17, thick];
const behindLast = byPhase(0, 2, 1);

function routeLayers(palette) {
  const round = {"line-join": "round", "line-cap": "round", "line-sort-key": behindLast};
  return [
    {id: "route-casing", type: "line", source: "route", layout: round,
      paint: {"line-color": palette.routeCasing, "line-width": byZoom(6, 15)}},
    {id: "route-line", type: "line", source: "route", layout: round,
      paint: {"line-color": byPhase(palette.routeDone, palette.routeNext, palette.route), "line-width": byZoom(3.4, 9)}},
    arrowLayer("route-arrow", "route", ["!=", ["get", "phase"], "done"]),
  ];
}

const SHOWN = {"text-allow-overlap": true, "text-ignore-placement": true, "icon-allow-overlap": true,
  "icon-ignore-placement": true};

const BY_LENGTH = ["case", [">", ["length", ["get", "text"]], 3], 10.5, 14]; // "12–13" must fit where "9" does

/** Nothing for the next stop: its disc is no layer but a pin (drawn.js), and lies on top of all of them. */
function stopLayers(palette) {
  return [
    {id: "stop-dot", type: "circle", source: "stops", filter: byRank(false, false, true, true),
      layout: {"circle-sort-key": byRank(3, 2, 1, 0)},
      paint: {
        "circle-radius": byRank(0, 0, 5.5, 4),
        "circle-color": byRank(palette.route, palette.route, palette.route, palette.dotDone),
        "circle-stroke-color": palette.routeCasing, "circle-stroke-width": byRank(0, 0, 1.6, 1.2),
      }},
    {id: "stop-unload", type: "symbol", source: "stops", filter: ["all", ["get", "unload"], byRank(false, true, true, true)],
      layout: {...SHOWN, "icon-image": "disposal"}},
    // Picture and number are sorted together, so that of two that crowd each other the sooner is whole.
    {id: "stop-number", type: "symbol", source: "stops", filter: byRank(false, true, false, false),
      layout: {...SHOWN, "icon-image": "stop", "text-field": ["get", "text"], "text-font": BOLD_FONT,
        "text-size": BY_LENGTH, "symbol-sort-key": ["-", 0, ["get", "order"]]},
      paint: {"text-color": palette.stopText}},
  ];
}

const layersOf = (theme) => [...routeLayers(PALETTES[theme]), ...stopLayers(PALETTES[theme])];

export function addRouteLayers(map, theme) {
  map.addSource("route", {type: "geojson", data: asCollection([])});
  map.addSource("stops", {type: "geojson", data: asCollection([])});
  for (const layer of layersOf(theme)) map.addLayer(layer);
}

/** Change colours in place when day turns to night. */
export function recolour(map, theme) {
  for (const layer of layersOf(theme)) {
    for (const [name, value] of Object.entries(layer.paint ?? {})) map.setPaintProperty(layer.id, name, value);
  }
}
