/**
 * The basemap's style: what the tiles of `/tiles/{z}/{x}/{y}.mvt` hold, drawn by day or by night.
 *
 * No `glyphs`: labels are drawn with the device's own fonts, so no font is ever fetched.
 */
import {PALETTES} from "./palette.js";

const SOURCE = "basemap";
export const LABEL_FONT = ["sans-serif"];
/** No such family: the library reads the weight out of the name and falls back to the device's sans-serif. */
export const BOLD_FONT = ["tomma bold"];

const isClass = (...classes) => ["in", ["get", "class"], ["literal", classes]];
const flagged = (name) => ["==", ["get", name], 1];
const MAJOR = isClass("motorway", "trunk", "primary", "secondary");
const MIDDLE = isClass("tertiary");
const MINOR = isClass("minor");
const SMALL = isClass("service", "track");

const wide = (at12, at15, at18) => ["interpolate", ["exponential", 1.5], ["zoom"], 12, at12, 15, at15, 18, at18];

function fill(id, layer, colour, extra = {}) {
  return {id, type: "fill", source: SOURCE, "source-layer": layer, paint: {"fill-color": colour}, ...extra};
}

function line(id, layer, colour, width, {paint = {}, ...extra} = {}) {
  return {
    id, type: "line", source: SOURCE, "source-layer": layer,
    layout: {"line-cap": "round", "line-join": "round"},
    paint: {"line-color": colour, "line-width": width, ...paint}, ...extra,
  };
}

function label(id, layer, palette, layout, {paint = {}, ...extra} = {}) {
  return {
    id, type: "symbol", source: SOURCE, "source-layer": layer,
    layout: {"text-field": ["get", "name"], "text-font": LABEL_FONT, ...layout},
    paint: {"text-color": palette.text, "text-halo-color": palette.halo, "text-halo-width": 1.6, ...paint},
    ...extra,
  };
}

function grounds(palette) {
  return [
    {id: "ground", type: "background", paint: {"background-color": palette.ground}},
    fill("landuse-built", "landuse", palette.built, {filter: isClass("residential", "commercial", "industrial",
      "railway", "parking", "school", "hospital")}),
    fill("landuse-square", "landuse", palette.square, {filter: isClass("square", "pier", "rock")}),
    fill("landuse-green", "landuse", palette.green, {filter: isClass("park", "grass", "wood", "farmland", "cemetery",
      "pitch", "playground", "wetland")}),
    fill("landuse-sand", "landuse", palette.sand, {filter: isClass("beach")}),
    fill("water", "water", palette.water),
    line("waterway", "waterway", palette.water, wide(1, 2, 6), {filter: ["!", flagged("tunnel")]}),
    fill("buildings", "buildings", palette.building, {minzoom: 13, paint: {
      "fill-color": palette.building, "fill-outline-color": palette.buildingLine}}),
  ];
}

/** One kind of street: its edge below, its surface above; faint where it runs in a tunnel. */
function street(name, filter, [edge, surface], [edgeColour, colour], minzoom) {
  const faint = ["case", flagged("tunnel"), 0.35, 1];
  return {
    edge: line(`road-${name}-edge`, "roads", edgeColour, edge, {filter, minzoom, paint: {"line-opacity": faint}}),
    surface: line(`road-${name}`, "roads", colour, surface, {filter, minzoom, paint: {"line-opacity": faint}}),
  };
}

function ways(palette) {
  const plain = [palette.roadLine, palette.road];
  const streets = [
    street("small", SMALL, [wide(0.5, 3.4, 11), wide(0.3, 2.2, 9)], plain, 14),
    street("minor", MINOR, [wide(1, 6, 18), wide(0.6, 4.6, 16)], plain, 12),
    street("middle", MIDDLE, [wide(2.4, 8.5, 24), wide(1.6, 7, 22)], plain, 11),
    street("major", MAJOR, [wide(3, 10.5, 28), wide(2, 9, 26)], [palette.roadMajorLine, palette.roadMajor], 9),
  ];
  return [
    line("paths", "paths", palette.path, wide(0.4, 0.9, 2.2), {minzoom: 14.5, paint: {"line-dasharray": [2, 1.6]}}),
    ...streets.map((each) => each.edge),
    ...streets.map((each) => each.surface),
    line("rail", "rail", palette.rail, wide(0.6, 1.1, 2.2), {
      filter: ["all", ["!", flagged("yard")], ["!", flagged("tunnel")], isClass("rail", "tram")]}),
    line("boundary", "boundary", palette.boundary, 1, {paint: {"line-dasharray": [3, 3]}}),
  ];
}

function labels(palette) {
  return [
    label("housenumber", "housenumbers", palette, {"text-field": ["get", "number"], "text-size": 10}, {
      minzoom: 17.2, paint: {"text-color": palette.faintText}}),
    label("path-name", "paths", palette, {"symbol-placement": "line", "text-size": 11, "symbol-spacing": 340},
      {minzoom: 16, filter: isClass("pedestrian")}),
    label("road-name", "roads", palette, {
      "symbol-placement": "line", "text-size": ["interpolate", ["linear"], ["zoom"], 14, 10.5, 18, 15],
      "symbol-spacing": 320, "text-max-angle": 30,
    }, {minzoom: 14}),
    label("place-name", "places", palette, {
      "text-font": BOLD_FONT, "text-size": ["interpolate", ["linear"], ["zoom"], 10, 12, 15, 14],
      "text-max-width": 7, "symbol-sort-key": ["coalesce", ["get", "rank"], 99], "text-padding": 12,
    }, {
      maxzoom: 17,
      paint: {"text-color": ["match", ["get", "class"], ["water", "island"], palette.waterText, palette.text]},
    }),
  ];
}

/** Every layer of the basemap in the palette of `theme`, bottom first. */
export function basemapLayers(theme) {
  const palette = PALETTES[theme];
  return [...grounds(palette), ...ways(palette), ...labels(palette)];
}

/** Whether the tiles hold what `tomma basemap build` puts there. */
export const isOurSchema = ({vector_layers: layers = []}) => !layers.length
  || (layers.some(({id}) => id === "housenumbers") && layers.some(({id}) => id === "landuse"));

/**
 * @param {"day"|"night"} theme
 * @param {{minzoom: number, maxzoom: number, attribution: string}} tiles From `/tiles/metadata.json`.
 * @param {string} origin The page's own, since a worker knows no relative addresses.
 */
export function basemapStyle(theme, tiles, origin) {
  return {
    version: 8,
    sources: {
      [SOURCE]: {
        type: "vector", tiles: [`${origin}/tiles/{z}/{x}/{y}.mvt`],
        minzoom: tiles.minzoom, maxzoom: tiles.maxzoom, attribution: tiles.attribution,
      },
    },
    layers: basemapLayers(theme),
  };
}
