/** The route on its streets, with the next stop as the one thing that stands out. */
import {useWords} from "../lib/context.js";
import {html, useEffect, useRef, useState} from "../lib/html.js";
import {Icon} from "../lib/icons.js";
import {canDrawMaps, wantsStillness} from "../map/able.js";
import {isDone} from "./route.js";

const PADDING_PX = {top: 64, right: 64, bottom: 150, left: 110}; // clear of the buttons and of the toast
const AHEAD = 4; // stops that share the picture with the next one

const positionOf = (stop) => [stop.lon_deg, stop.lat_deg];
const placed = (stops) => stops.filter((stop) => stop.lat_deg !== null && stop.lat_deg !== undefined);

function boundsOf(points) {
  const lons = points.map(([lon]) => lon);
  const lats = points.map(([, lat]) => lat);
  return [[Math.min(...lons), Math.min(...lats)], [Math.max(...lons), Math.max(...lats)]];
}

/** Where the truck is (or comes from, when nobody said), the next stop, and the few after it. */
function closeView(stops, current, own) {
  const list = placed(stops);
  const at = list.findIndex((stop) => stop.key === current?.key);
  if (at < 0) return list.map(positionOf);
  const behind = list.slice(0, at).findLast(isDone);
  const ahead = list.slice(at).filter((stop) => !isDone(stop)).slice(0, AHEAD);
  const from = own ?? behind;
  return [...(from ? [from] : []), ...ahead].map(positionOf);
}

function show(map, points, maxZoom) {
  if (!points.length) return;
  map.fitBounds(boundsOf(points), {padding: PADDING_PX, maxZoom, duration: wantsStillness() ? 0 : 700});
}

function MapButtons({mapRef, onOverview, onNext}) {
  const {t} = useWords();
  const button = (word, picture, act) => html`<button type="button" class="map-button" aria-label=${t(word)}
    title=${t(word)} onClick=${act}><${Icon} name=${picture} /></button>`;
  return html`<div class="map-buttons">
    ${button("driver.zoom_in", "plus", () => mapRef.current.map.zoomIn())}
    ${button("driver.zoom_out", "minus", () => mapRef.current.map.zoomOut())}
    ${button("driver.to_next", "target", onNext)}
    ${button("driver.overview", "route", onOverview)}
  </div>`;
}

export function RouteMap({route, stops, current, own}) {
  const {t, city} = useWords();
  const box = useRef(null);
  const mapRef = useRef(null);
  const latest = useRef(null);
  latest.current = {route, stops, current, own};
  const [state, setState] = useState(canDrawMaps() ? "loading" : "unable");

  useEffect(() => {
    if (state === "unable") return undefined;
    let gone = false;
    const points = closeView(stops, current);
    const [low, high] = boundsOf(points.length ? points : [city.bounds.slice(0, 2), city.bounds.slice(2)]);
    import("./drawn.js").then(({drawRoute}) => drawRoute(box.current, [...low, ...high], PADDING_PX)).then((drawn) => {
      if (gone) return drawn.remove();
      mapRef.current = drawn;
      return setState("ready");
    }).catch(() => setState("unable"));
    return () => {
      gone = true;
      mapRef.current?.remove();
      mapRef.current = null;
    };
  }, []);

  useEffect(() => {
    if (state !== "ready") return;
    mapRef.current.update(route, stops, current);
  }, [state, route, stops, current]);

  useEffect(() => {
    if (state === "ready") mapRef.current.place(own);
  }, [state, own]);

  const toNext = () => show(
    mapRef.current.map, closeView(latest.current.stops, latest.current.current, latest.current.own), 16.5,
  );
  const toAll = () => show(mapRef.current.map, placed(latest.current.stops).map(positionOf), 18);
  useEffect(() => {
    if (state === "ready") toNext();
  }, [state, current?.key]);

  return html`<div class="map-box" role="region" aria-label=${t("driver.map_label")}>
    <div class="map" ref=${box}></div>
    ${state === "loading" && html`<p class="map-word">${t("driver.map_loading")}</p>`}
    ${state === "unable" && html`<p class="map-word" role="status">${t("driver.no_map")}</p>`}
    ${state === "ready" && html`<${MapButtons} mapRef=${mapRef} onOverview=${toAll} onNext=${toNext} />
      <p class="attribution">© OpenStreetMap contributors</p>`}
  </div>`;
}
