/** The city map: every bin, the plan's routes, and a way to one bin by a click. */
import {useWords} from "../lib/context.js";
import {html, useEffect, useRef, useState} from "../lib/html.js";
import {Icon} from "../lib/icons.js";
import {currentTheme} from "../lib/theme.js";
import {canDrawMaps, wantsStillness} from "../map/able.js";
import {startMap} from "../map/create.js";
import {asCollection, legFeatures, truckLayers} from "../map/lines.js";
import {BIN_LAYERS, binCollection, cityLayers, lookOf, placeCollection, putOverMark, stateOf} from "./layers.js";

const REACH_PX = 8; // a click may miss a small dot by this much

/** Keeps the drawn map in step with the page's state; a bin's number is its feature's id. */
class DrawnCity {
  constructor(map, city, t, onSelect) {
    this.map = map;
    this.bins = null;
    this.looks = new Uint8Array(0);
    this.selected = undefined;
    putOverMark(map);
    map.addSource("routes", {type: "geojson", data: asCollection([])});
    map.addSource("places", {type: "geojson", data: placeCollection(city, t)});
    map.addSource("bins", {type: "geojson", data: asCollection([])});
    for (const layer of cityLayers(currentTheme())) map.addLayer(layer);
    this.trucks = 0;
    map.on("click", (event) => onSelect(this.#under(event.point)));
    map.on("mousemove", (event) => {
      map.getCanvas().style.cursor = this.#under(event.point) === null ? "" : "pointer";
    });
  }

  /**
   * Show the bins as they are seen now. Positions are sent when the places are other ones; else only those whose look
   * differs from what is drawn get a new state.
   */
  show(bins, seen) {
    if (bins !== this.bins) {
      this.bins = bins;
      this.looks = new Uint8Array(bins.length);
      this.map.removeFeatureState({source: "bins"});
      this.map.getSource("bins").setData(binCollection(bins));
    }
    for (let bin = 0; bin < bins.length; bin += 1) this.#draw(bin, seen);
  }

  #draw(bin, seen) {
    const look = lookOf(this.bins, seen, bin);
    if (look === this.looks[bin]) return;
    this.looks[bin] = look;
    this.map.setFeatureState({source: "bins", id: bin}, stateOf(look));
  }

  select(bin) {
    const mark = (id, selected) => id !== undefined && this.map.setFeatureState({source: "bins", id}, {selected});
    mark(this.selected, false);
    mark(bin, true);
    this.selected = bin;
  }

  setRoutes(plan, hidden) {
    const routes = plan?.routes ?? [];
    for (; this.trucks < routes.length; this.trucks += 1) {
      for (const layer of truckLayers("routes", this.trucks, currentTheme())) this.map.addLayer(layer, "bin-planned");
    }
    this.map.getSource("routes").setData(asCollection(routes.flatMap((route, truck) => (
      hidden.has(route.vehicle_id) ? [] : legFeatures(route.legs, {truck})))));
  }

  recolour(theme) {
    putOverMark(this.map);
    const layers = [...cityLayers(theme)];
    for (let truck = 0; truck < this.trucks; truck += 1) layers.push(...truckLayers("routes", truck, theme));
    for (const layer of layers) {
      for (const [name, value] of Object.entries(layer.paint ?? {})) this.map.setPaintProperty(layer.id, name, value);
    }
  }

  /** @returns {string|null} The id of the shown bin nearest to the point, within reach. */
  #under({x, y}) {
    const area = [[x - REACH_PX, y - REACH_PX], [x + REACH_PX, y + REACH_PX]];
    const found = this.map.queryRenderedFeatures(area, {layers: BIN_LAYERS}).filter(({id}) => this.looks[id]);
    const away = (feature) => {
      const at = this.map.project(feature.geometry.coordinates);
      return Math.hypot(at.x - x, at.y - y);
    };
    const nearest = found.sort((one, other) => away(one) - away(other))[0];
    return nearest ? this.bins.ids[nearest.id] : null;
  }
}

export function CityMap({desk, bins, seen, plan, hidden, selected}) {
  const {t, city} = useWords();
  const box = useRef(null);
  const started = useRef(null);
  const drawn = useRef(null);
  const [state, setState] = useState(canDrawMaps() ? "loading" : "unable");
  useEffect(() => {
    if (state === "unable") return undefined;
    let gone = false;
    const onTheme = (theme) => drawn.current?.recolour(theme);
    startMap(box.current, city.bounds, {onTheme}).then((map) => {
      if (gone) return map.remove();
      started.current = map;
      drawn.current = new DrawnCity(map.map, city, t, desk.select);
      return setState("ready");
    }).catch(() => setState("unable"));
    return () => {
      gone = true;
      started.current?.remove();
      started.current = drawn.current = null;
    };
  }, []);

  useEffect(() => {
    if (state === "ready") drawn.current.show(bins, seen);
  }, [state, bins, seen]);
  useEffect(() => {
    if (state === "ready") drawn.current.setRoutes(plan, hidden);
  }, [state, plan, hidden]);
  useEffect(() => {
    if (state !== "ready") return;
    drawn.current.select(selected?.index);
    if (selected) showBin(started.current.map, selected);
  }, [state, selected?.id]);

  const button = (word, picture, act) => html`<button type="button" class="map-button" aria-label=${t(word)}
    title=${t(word)} onClick=${act}><${Icon} name=${picture} size=${22} /></button>`;
  const moving = () => ({duration: wantsStillness() ? 0 : 500});
  return html`<div class="map-box" role="region" aria-label=${t("manager.map_label")}>
    <div class="map" ref=${box}></div>
    ${state === "loading" && html`<p class="map-word">${t("app.loading")}</p>`}
    ${state === "unable" && html`<p class="map-word" role="status">${t("manager.no_map")}</p>`}
    ${state === "ready" && html`<div class="map-buttons">
        ${button("driver.zoom_in", "plus", () => started.current.map.zoomIn())}
        ${button("driver.zoom_out", "minus", () => started.current.map.zoomOut())}
        ${button("manager.zoom_all", "target", () => started.current.map.fitBounds(city.bounds, {padding: 40, ...moving()}))}
      </div>
      <${MapKey} />
      <${Attribution} text=${started.current.attribution} />`}
  </div>`;
}

const OSM = "© OpenStreetMap contributors";

/** Whom the map must name; some files say it with markup, which stays text here. */
function Attribution({text}) {
  const plain = text?.replace(/<[^>]*>/g, "").trim() || OSM;
  return html`<p class="attribution">${plain.includes("OpenStreetMap")
    ? html`<a href="https://www.openstreetmap.org/copyright" rel="noreferrer">${plain}</a>` : plain}</p>`;
}

/** What the marks beside the bands mean. */
function MapKey() {
  const {t} = useWords();
  const sign = (shape) => html`<svg class="mark" width="20" height="20" viewBox="0 0 20 20" aria-hidden="true"
    focusable="false">${shape}</svg>`;
  return html`<ul class="map-key">
    <li>${sign(html`<circle cx="10" cy="10" r="7.500" fill="none" stroke="var(--ink)" stroke-width="1.600" />`)}
      ${t("manager.key_planned")}</li>
    <li>${sign(html`<circle cx="10" cy="10" r="7" fill="var(--ink)" /><path d="M7.800 8.200a2.200 2.200 0 113.300 1.900c-.8.500-1.100.9-1.100 1.700"
      fill="none" stroke="var(--surface)" stroke-width="1.600" /><circle cx="10" cy="14" r="1.100" fill="var(--surface)" />`)}
      ${t("manager.key_doubt")}</li>
  </ul>`;
}

/** Bring a bin into the picture when it lies outside; else leave the map where the person put it. */
function showBin(map, bin) {
  const at = [bin.lon_deg, bin.lat_deg];
  if (!map.getBounds().contains(at)) map.easeTo({center: at, duration: wantsStillness() ? 0 : 500});
}
