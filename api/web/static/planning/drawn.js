/** Draws a plan: each truck's way in its colour and dash, its stops on it, the chosen truck's stops numbered. */
import {currentTheme} from "../lib/theme.js";
import {asCollection, legFeatures, truckLayers} from "../map/lines.js";
import {PALETTES, TRUCKS} from "../map/palette.js";
import {BOLD_FONT, LABEL_FONT} from "../map/style.js";
import {lockedIn, placesOf} from "./rounds.js";

const REACH_PX = 8;
const BINS = ["plan-left", "plan-taken", "plan-number"];

const ofTruck = (theme) => ["match", ["get", "style"], ...TRUCKS.flatMap((each, index) => [index, each[theme]]), "#888888"];
const CHOSEN = ["==", ["get", "chosen"], true];
const grows = (small, large) => ["interpolate", ["linear"], ["zoom"], 11, small, 16, large];

function layersOf(theme) {
  const palette = PALETTES[theme];
  const ink = theme === "night" ? "#f2f7f5" : "#10211d";
  return [
    {id: "plan-left", type: "circle", source: "left", paint: {
      "circle-radius": grows(2, 4.5), "circle-color": palette.ground, "circle-opacity": 0.7,
      "circle-stroke-color": palette.faintText, "circle-stroke-width": 1.2}},
    {id: "plan-locked", type: "circle", source: "taken", filter: ["==", ["get", "locked"], true], paint: {
      "circle-radius": grows(7, 15), "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": ink, "circle-stroke-width": 2}},
    {id: "plan-taken", type: "circle", source: "taken", paint: {
      "circle-radius": grows(3.4, 7), "circle-color": ofTruck(theme),
      "circle-stroke-color": palette.routeCasing, "circle-stroke-width": 1.4}},
    {id: "plan-number", type: "symbol", source: "taken", filter: CHOSEN, minzoom: 13,
      layout: {"icon-image": "stop", "icon-size": 0.8, "text-field": ["get", "text"], "text-font": BOLD_FONT,
        "text-size": 11, "icon-padding": 0, "text-padding": 0, "symbol-sort-key": ["get", "number"]},
      paint: {"text-color": palette.stopText}},
    {id: "plan-places", type: "symbol", source: "places",
      layout: {"icon-image": ["get", "kind"], "icon-allow-overlap": true, "icon-ignore-placement": true,
        "text-field": ["get", "name"], "text-font": LABEL_FONT, "text-size": 12, "text-offset": [0, 1.5],
        "text-anchor": "top", "text-optional": true, "text-ignore-placement": true},
      paint: {"text-color": palette.text, "text-halo-color": palette.halo, "text-halo-width": 1.6}},
    {id: "plan-selected", type: "circle", source: "selected", paint: {
      "circle-radius": 20, "circle-color": "rgba(0,0,0,0)", "circle-stroke-width": 4,
      "circle-stroke-color": theme === "night" ? "#ffd166" : "#0b57d0"}},
  ];
}

const point = (lon, lat, properties) => ({type: "Feature", properties, geometry: {type: "Point", coordinates: [lon, lat]}});

export class DrawnPlan {
  constructor(map, city, t, onSelect) {
    this.map = map;
    this.trucks = 0;
    for (const id of ["ways", "left", "taken", "places", "selected"]) map.addSource(id, {type: "geojson", data: asCollection([])});
    for (const layer of layersOf(currentTheme())) map.addLayer(layer);
    const place = (kind, word) => (each) => point(each.lon_deg, each.lat_deg, {kind, name: each.name || t(word)});
    this.#put("places", [...city.depots.map(place("depot", "map.depot")),
      ...city.disposal_sites.map(place("disposal", "map.disposal"))]);
    map.on("click", (event) => onSelect(this.#under(event.point)));
    map.on("mousemove", (event) => {
      map.getCanvas().style.cursor = this.#under(event.point) ? "pointer" : "";
    });
  }

  /** @param {object|null} plan @param {string|null} truck Whose stops are numbered. */
  show(plan, bins, byId, truck) {
    const routes = plan?.routes ?? [];
    for (; this.trucks < routes.length; this.trucks += 1) {
      for (const layer of truckLayers("ways", this.trucks, currentTheme())) this.map.addLayer(layer, "plan-left");
    }
    const places = placesOf(plan);
    const locked = lockedIn(plan);
    this.#put("ways", routes.flatMap((route, index) => legFeatures(route.legs, {truck: index})));
    this.#put("left", bins.filter((bin) => !places.has(bin.id)).map((bin) => point(bin.lon_deg, bin.lat_deg, {bin: bin.id})));
    this.#put("taken", [...places].map(([id, {stop, truck: index, route, position}]) => point(stop.lon_deg, stop.lat_deg, {
      bin: id, style: index % TRUCKS.length, chosen: route.vehicle_id === truck, locked: locked.has(id),
      number: position + 1, text: String(position + 1)})));
  }

  select(bin, smoothly) {
    this.#put("selected", bin ? [point(bin.lon_deg, bin.lat_deg, {})] : []);
    if (!bin || this.map.getBounds().contains([bin.lon_deg, bin.lat_deg])) return;
    this.map.easeTo({center: [bin.lon_deg, bin.lat_deg], duration: smoothly ? 500 : 0});
  }

  recolour(theme) {
    const layers = layersOf(theme);
    for (let truck = 0; truck < this.trucks; truck += 1) layers.push(...truckLayers("ways", truck, theme));
    for (const layer of layers) {
      for (const [name, value] of Object.entries(layer.paint ?? {})) this.map.setPaintProperty(layer.id, name, value);
    }
  }

  #put(source, features) {
    this.map.getSource(source).setData(asCollection(features));
  }

  #under({x, y}) {
    const area = [[x - REACH_PX, y - REACH_PX], [x + REACH_PX, y + REACH_PX]];
    const away = (feature) => {
      const at = this.map.project(feature.geometry.coordinates);
      return Math.hypot(at.x - x, at.y - y);
    };
    return this.map.queryRenderedFeatures(area, {layers: BINS})
      .sort((one, other) => away(one) - away(other))[0]?.properties.bin ?? null;
  }
}
