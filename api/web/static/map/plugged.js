/**
 * Basemaps that are not our own: pictures or a style from the host that the city named in its settings, or a PMTiles
 * file of another schema. Fetched only when one is plugged in.
 */
import {PALETTES} from "./palette.js";
import {LABEL_FONT} from "./style.js";

const SOURCE = "basemap";
const MINOR_FROM_ZOOM = 12;

const ground = (theme) => ({id: "ground", type: "background", paint: {"background-color": PALETTES[theme].ground}});

/** Pictures are made for the day: at night they are dimmed, so that they do not blind, and greyed under the marks. */
const picturePaint = (theme) => (theme === "night"
  ? {"raster-brightness-max": 0.55, "raster-saturation": -0.4, "raster-contrast": 0.05}
  : {"raster-brightness-max": 1, "raster-saturation": -0.15, "raster-contrast": 0});

function pictures({tiles, tileSize, minzoom = 0, maxzoom, attribution}, theme) {
  const layersOf = (now) => [ground(now), {id: "pictures", type: "raster", source: SOURCE, paint: picturePaint(now)}];
  return {
    layersOf,
    style: {
      version: 8, metadata: {attribution}, layers: layersOf(theme),
      sources: {[SOURCE]: {type: "raster", tiles, tileSize, minzoom, maxzoom}},
    },
  };
}

/** The city's style as it is; only its fonts are left out, since labels are drawn with the device's own. */
async function foreignStyle({url, attribution}) {
  const answer = await fetch(url, {credentials: "omit"});
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  const {glyphs, ...style} = await answer.json();
  return {layersOf: () => [], style: {...style, metadata: {...style.metadata, attribution}}};
}

/** What Protomaps and OpenMapTiles call the things that a city map needs. */
const SCHEMAS = {
  protomaps: {
    land: "landuse", water: "water", buildings: "buildings", places: "places", roads: "roads", kind: "kind",
    major: ["highway", "major_road"], minor: ["minor_road", "medium_road"],
    green: ["park", "grass", "wood", "forest", "cemetery", "pitch", "playground", "nature_reserve"],
  },
  openmaptiles: {
    land: "landcover", water: "water", buildings: "building", places: "place", roads: "transportation", kind: "class",
    major: ["motorway", "trunk", "primary", "secondary"], minor: ["tertiary", "minor", "service", "street"],
    green: ["grass", "wood", "park", "wetland"],
  },
};

function foreignLayers(theme, schema) {
  const palette = PALETTES[theme];
  const isOf = (kinds) => ["in", ["get", schema.kind], ["literal", kinds]];
  const of = (id, type, layer, paint, extra = {}) => ({id, type, source: SOURCE, "source-layer": layer, paint, ...extra});
  const road = (id, kinds, colour, width, minzoom) => of(id, "line", schema.roads, {
    "line-color": colour, "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], 12, width, 18, width * 9]}, {
    filter: isOf(kinds), minzoom, layout: {"line-cap": "round", "line-join": "round"}});
  return [
    ground(theme),
    of("land-green", "fill", schema.land, {"fill-color": palette.green}, {filter: isOf(schema.green)}),
    of("water", "fill", schema.water, {"fill-color": palette.water}, {filter: ["==", ["geometry-type"], "Polygon"]}),
    of("buildings", "fill", schema.buildings, {"fill-color": palette.building}, {minzoom: 13}),
    road("road-minor", schema.minor, palette.road, 1, MINOR_FROM_ZOOM),
    road("road-major", schema.major, palette.roadMajor, 2.2, 8),
    of("place-name", "symbol", schema.places, {
      "text-color": palette.text, "text-halo-color": palette.halo, "text-halo-width": 1.6}, {
      layout: {"text-field": ["get", "name"], "text-font": LABEL_FONT, "text-size": 13}}),
  ];
}

function foreignTiles(theme, tiles, origin) {
  const isOpenMapTiles = tiles.vector_layers.some(({id}) => id === "transportation");
  const layersOf = (now) => foreignLayers(now, isOpenMapTiles ? SCHEMAS.openmaptiles : SCHEMAS.protomaps);
  return {
    layersOf,
    style: {
      version: 8, metadata: {attribution: tiles.attribution}, layers: layersOf(theme),
      sources: {[SOURCE]: {
        type: "vector", tiles: [`${origin}/tiles/{z}/{x}/{y}.mvt`], minzoom: tiles.minzoom, maxzoom: tiles.maxzoom}},
    },
  };
}

/**
 * @param {string} theme @param {object} tiles What `/tiles/metadata.json` says. @param {string} origin The page's own.
 * @returns {Promise<{layersOf: (theme: string) => object[], style: object}>} Layers to recolour, and what to start with.
 */
export async function pluggedStyle(theme, tiles, origin) {
  const {plugged} = tiles;
  if (plugged?.kind === "style") return foreignStyle(plugged);
  if (plugged) {
    return pictures({tiles: [plugged.url], tileSize: plugged.tile_size_px, maxzoom: plugged.max_zoom,
      attribution: plugged.attribution}, theme);
  }
  if (!tiles.pictures) return foreignTiles(theme, tiles, origin);
  return pictures({...tiles, tiles: [`${origin}/tiles/{z}/{x}/{y}.mvt`], tileSize: 256}, theme);
}
