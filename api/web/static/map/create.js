/** Brings up a map, in the page's palette, from this host's tiles; or says that the device cannot. */
import {loadSheet} from "../lib/sheet.js";
import {currentTheme, watchTheme} from "../lib/theme.js";
import {wantsStillness} from "./able.js";
import {putImages} from "./images.js";
import {PALETTES} from "./palette.js";
import {basemapLayers, basemapStyle, isOurSchema} from "./style.js";

const FOLDER = new URL("../vendor/maplibre-gl-6.17.0/", import.meta.url);
const NO_TILES = {minzoom: 0, maxzoom: 14, attribution: "", missing: true};

/**
 * MapLibre's worker, through a blob: such a worker belongs to the page's service worker, while one with an address of
 * its own would belong to none (its path is outside `/driver`), and no map would be drawn without a network.
 */
const WORKER_URL = URL.createObjectURL(new Blob(
  [`import ${JSON.stringify(new URL("maplibre-gl-worker.mjs", FOLDER).href)};`], {type: "text/javascript"},
));

/** MapLibre names its worker by a text: of all texts, this one alone may become a script. Markup, none. */
globalThis.trustedTypes?.createPolicy("default", {createScriptURL: (url) => (url === WORKER_URL ? url : null)});

async function tileFacts() {
  try {
    const answer = await fetch("/tiles/metadata.json");
    return answer.ok ? await answer.json() : NO_TILES;
  } catch {
    return NO_TILES;
  }
}

/** The style to begin with: the city's own tiles, or what it plugged in from elsewhere. */
async function firstStyle(tiles, keepsToItself) {
  const {plugged} = tiles;
  const isOwn = !plugged || (keepsToItself && tiles.maxzoom >= 0);
  const own = {layersOf: basemapLayers, style: basemapStyle(currentTheme(), tiles, location.origin)};
  if (isOwn && !tiles.pictures && isOurSchema(tiles)) return own;
  try {
    const {pluggedStyle} = await import("./plugged.js");
    return await pluggedStyle(currentTheme(), isOwn ? {...tiles, plugged: null} : tiles, location.origin);
  } catch {
    return own; // the other host is away: the bins on plain ground are better than no map
  }
}

/** Recolour the basemap and the images in place: what else is on the map stays. */
function applyTheme(map, theme, layersOf) {
  for (const layer of layersOf(theme)) {
    if (!map.getLayer(layer.id)) continue;
    for (const [name, value] of Object.entries(layer.paint)) map.setPaintProperty(layer.id, name, value);
  }
  putImages(map, PALETTES[theme]);
}

/**
 * MapLibre calls its canvas "Map", in English and as a landmark of its own. It has keys of its own and the name of the
 * box that the page put around it, in whatever language that is told.
 */
function nameCanvas(canvas, box) {
  if (!box) return;
  box.id ||= "map-box";
  canvas.setAttribute("role", "application");
  canvas.removeAttribute("aria-label");
  canvas.setAttribute("aria-labelledby", box.id);
}

/**
 * Load the library (it is large and comes last) and start a map in `container`.
 *
 * @param {HTMLElement} container
 * @param {[number, number, number, number]} bounds west, south, east, north
 * @param {{onTheme?: (theme: string) => void, locale?: object, padding?: number|object, keepsToItself?: boolean}} [options] `onTheme` recolours the
 *   page's own layers; `keepsToItself`: a tablet's map comes from this host even where the office's does not.
 * @returns {Promise<{map: object, library: object, attribution: string, remove: () => void}>} once it can take layers.
 */
export async function startMap(
  container, bounds, {onTheme = () => {}, locale = {}, padding = 40, keepsToItself = false} = {},
) {
  const [library, tiles] = await Promise.all([
    import("../vendor/maplibre-gl-6.17.0/maplibre-gl.mjs"), tileFacts(), loadSheet(new URL("maplibre-gl.css", FOLDER).href),
  ]);
  library.setWorkerUrl(WORKER_URL);
  const {layersOf, style} = await firstStyle(tiles, keepsToItself);
  const map = new library.Map({
    container, bounds, locale, fitBoundsOptions: {padding}, attributionControl: false, dragRotate: false,
    pitchWithRotate: false, touchPitch: false, maxZoom: 19, fadeDuration: wantsStillness() ? 0 : 200,
    style,
  });
  map.touchZoomRotate.disableRotation();
  nameCanvas(map.getCanvas(), container.closest("[aria-label]"));
  await new Promise((resolve) => map.once("style.load", resolve));
  putImages(map, PALETTES[currentTheme()]);
  const unwatch = watchTheme((theme) => {
    applyTheme(map, theme, layersOf);
    onTheme(theme);
  });
  const resized = new ResizeObserver(() => map.resize());
  resized.observe(container);
  return {
    map, library, attribution: style.metadata?.attribution ?? tiles.attribution,
    remove() {
      unwatch();
      resized.disconnect();
      map.remove();
    },
  };
}
