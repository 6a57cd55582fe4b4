/** Routes on the streets: a casing under a coloured line, with arrows that say which way. */
import {PALETTES, truckStyle} from "./palette.js";

/**
 * @param {Array<Array<[number, number]>>} legs @param {object} properties
 * @returns {object[]} One GeoJSON line per leg that moves the truck.
 */
export function legFeatures(legs, properties) {
  return (legs ?? []).flatMap((leg, index) => (leg.length < 2 ? [] : [{
    type: "Feature", properties: {...properties, leg: index}, geometry: {type: "LineString", coordinates: leg},
  }]));
}

export const asCollection = (features) => ({type: "FeatureCollection", features});

const width = (thin, thick) => ["interpolate", ["exponential", 1.4], ["zoom"], 11, thin, 17, thick];

/** Layers that draw one truck's legs out of the source `source`, where `truck` equals `index`. */
export function truckLayers(source, index, theme) {
  const style = truckStyle(index);
  const filter = ["==", ["get", "truck"], index];
  const common = {source, filter, layout: {"line-join": "round", "line-cap": style.dash ? "butt" : "round"}};
  return [
    {...common, id: `${source}-casing-${index}`, type: "line",
      layout: {"line-join": "round", "line-cap": "round"},
      paint: {"line-color": PALETTES[theme].routeCasing, "line-width": width(4.5, 10)}},
    {...common, id: `${source}-line-${index}`, type: "line",
      paint: {"line-color": style[theme], "line-width": width(2.5, 6),
        ...(style.dash ? {"line-dasharray": style.dash} : {})}},
    arrowLayer(`${source}-arrow-${index}`, source, filter, "heading"),
  ];
}

export function arrowLayer(id, source, filter, image = "arrow") {
  return {
    id, source, filter, type: "symbol", minzoom: 13,
    layout: {
      "symbol-placement": "line", "symbol-spacing": 84, "icon-image": image, "icon-rotation-alignment": "map",
      "icon-size": ["interpolate", ["linear"], ["zoom"], 13, 0.55, 17, 0.95],
      "icon-allow-overlap": true, "icon-ignore-placement": true, "icon-padding": 0,
    },
  };
}
