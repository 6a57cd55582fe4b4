/** How the city map shows bins: size, colour, shape and outline by band, switched by feature state only. */
import {asCollection} from "../map/lines.js";
import {PALETTES} from "../map/palette.js";
import {LABEL_FONT} from "../map/style.js";
import {BAND_IDS, PLAN_STATES, SENSOR_STATES} from "./bins.js";

export const BIN_LAYERS = ["bin-dot", "bin-high", "bin-full", "bin-over"];
const SOURCE = "bins";
const OVER_IMAGE = "over";

const FAN_M = 7; // bins of one place stand around it: apart when one looks closely, one mark from afar
const M_PER_DEG = 111_320;

/** Spread the n-th of `count` bins of one place around it. */
function fanned({lat_deg: lat, lon_deg: lon}, n, count) {
  if (count < 2) return [lon, lat];
  const turn = (2 * Math.PI * n) / count;
  const east = (FAN_M * Math.cos(turn)) / (M_PER_DEG * Math.cos((lat * Math.PI) / 180));
  return [lon + east, lat + (FAN_M * Math.sin(turn)) / M_PER_DEG];
}

/** Positions once; everything that changes is state. A bin's number is its feature's id. */
export function binCollection(bins) {
  const features = [];
  bins.places.sites.bins.forEach((count, site) => {
    for (let n = 0; n < count; n += 1) {
      features.push({
        type: "Feature", id: features.length, properties: {},
        geometry: {type: "Point", coordinates: fanned(bins.sites[site], n, count)},
      });
    }
  });
  return asCollection(features);
}

/** All that the map shows of one bin in one number, so that what looks the same is not drawn again. */
export const lookOf = (bins, seen, bin) => (seen.mask[bin]
  ? 1 + seen.bands[bin] + 8 * bins.plan[bin] + 32 * bins.sensor[bin] : 0);

/** The same as feature state. */
export function stateOf(look) {
  if (!look) return {band: "hidden", plan: "none", sensor: "none"};
  const told = look - 1;
  return {band: BAND_IDS[told & 7], plan: PLAN_STATES[(told >> 3) & 3], sensor: SENSOR_STATES[(told >> 5) & 3]};
}

const state = (name) => ["coalesce", ["feature-state", name], "hidden"];
const byBand = (choices, otherwise) => ["match", state("band"), ...Object.entries(choices).flat(), otherwise];

/** Sizes grow with the zoom; a fuller bin is always the bigger one. */
const sized = (choices) => ["interpolate", ["linear"], ["zoom"],
  10, byBand(Object.fromEntries(Object.entries(choices).map(([band, size]) => [band, size * 0.45])), 0),
  14, byBand(Object.fromEntries(Object.entries(choices).map(([band, size]) => [band, size * 0.9])), 0),
  18, byBand(Object.fromEntries(Object.entries(choices).map(([band, size]) => [band, size * 1.5])), 0)];

const CHOSEN = ["to-boolean", ["feature-state", "selected"]];
const RINGED = ["==", ["feature-state", "plan"], "planned"];

function marks(token) {
  return [
    {id: "bin-planned", type: "circle", source: SOURCE, paint: {
      "circle-radius": sized({none: 8, low: 8, mid: 10, high: 12.5, full: 15, over: 17}),
      "circle-color": token("surface"), "circle-opacity": ["case", RINGED, 0.75, 0],
      "circle-stroke-color": token("ink"), "circle-stroke-width": 1.6,
      "circle-stroke-opacity": ["case", RINGED, 0.9, 0],
    }},
    {id: "bin-dot", type: "circle", source: SOURCE, paint: {
      "circle-radius": sized({none: 5, low: 4.5, mid: 6.5}),
      "circle-color": byBand({none: token("none-fill"), low: token("low"), mid: token("mid")}, "rgba(0,0,0,0)"),
      "circle-stroke-color": byBand({none: token("none-line"), low: token("surface"), mid: token("mark-line")},
        "rgba(0,0,0,0)"),
      "circle-stroke-width": byBand({none: 1.8, low: 1, mid: 1.4}, 0),
    }},
    {id: "bin-selected", type: "circle", source: SOURCE, paint: {
      "circle-radius": ["case", CHOSEN, 21, 0], "circle-color": "rgba(0,0,0,0)",
      "circle-stroke-color": token("focus"), "circle-stroke-width": 4,
      "circle-stroke-opacity": ["case", CHOSEN, 1, 0],
    }},
  ];
}

function icons() {
  const icon = (id, band, image) => ({
    id, type: "symbol", source: SOURCE,
    layout: {
      "icon-image": image, "icon-allow-overlap": true, "icon-ignore-placement": true, "icon-padding": 0,
      "icon-size": ["interpolate", ["linear"], ["zoom"], 10, 0.35, 13, 0.6, 15, 0.95, 18, 1.4],
    },
    paint: {"icon-opacity": byBand({[band]: 1}, 0)},
  });
  const doubtful = ["match", state("sensor"), ["silent", "odd"], 1, 0];
  const doubt = icon("bin-doubt", "", "doubt");
  doubt.layout["icon-offset"] = [9, -9];
  doubt.minzoom = 14.5; // from afar it hides what it stands beside
  return [icon("bin-high", "high", "diamond"), icon("bin-full", "full", "octagon"), icon("bin-over", "over", OVER_IMAGE),
    {...doubt, paint: {"icon-opacity": doubtful}}];
}

function places(theme) {
  const palette = PALETTES[theme];
  return [{
    id: "places", type: "symbol", source: "places",
    layout: {
      "icon-image": ["get", "kind"], "icon-allow-overlap": true, "text-field": ["get", "name"], "text-size": 12,
      "text-font": LABEL_FONT, "text-offset": [0, 1.5], "text-anchor": "top", "text-optional": true, "icon-ignore-placement": true,
    },
    paint: {"text-color": palette.text, "text-halo-color": palette.halo, "text-halo-width": 1.6},
  }];
}

/** Put the mark of what overflows on the map, in its palette; again after a change of palette. */
export function putOverMark(map) {
  const token = tokens();
  const side = 28;
  const ratio = 2;
  const canvas = Object.assign(document.createElement("canvas"), {width: side * ratio, height: side * ratio});
  const pen = canvas.getContext("2d", {willReadFrequently: true});
  pen.scale(ratio, ratio);
  pen.lineJoin = "round";
  const shape = new Path2D("M14 2L27 25.500H1z");
  pen.fillStyle = token("ink");
  pen.strokeStyle = token("surface");
  pen.lineWidth = 1.8;
  pen.fill(shape);
  pen.stroke(shape);
  pen.fillStyle = token("surface");
  pen.fillRect(12.6, 9.5, 2.8, 8);
  pen.fillRect(12.6, 19.5, 2.8, 2.8);
  const image = pen.getImageData(0, 0, canvas.width, canvas.height);
  if (map.hasImage(OVER_IMAGE)) map.updateImage(OVER_IMAGE, image);
  else map.addImage(OVER_IMAGE, image, {pixelRatio: ratio});
}

/** The page's tokens, so that map and legend can never differ. */
function tokens() {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

/** Every layer of bins and places in the palette of `theme`, bottom first. */
export function cityLayers(theme) {
  return [...marks(tokens()), ...icons(), ...places(theme)];
}

/** Depots and disposal sites, with their names in the page's words. */
export function placeCollection(city, t) {
  const feature = (kind, word) => (place) => ({
    type: "Feature", properties: {kind, name: place.name || word},
    geometry: {type: "Point", coordinates: [place.lon_deg, place.lat_deg]},
  });
  return asCollection([
    ...city.depots.map(feature("depot", t("manager.depot"))),
    ...city.disposal_sites.map(feature("disposal", t("manager.disposal"))),
  ]);
}
