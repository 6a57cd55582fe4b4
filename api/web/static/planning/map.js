/** The plan on the streets; the lists of the other views say the same. */
import {useWords} from "../lib/context.js";
import {html, useEffect, useRef, useState} from "../lib/html.js";
import {Icon} from "../lib/icons.js";
import {canDrawMaps, wantsStillness} from "../map/able.js";
import {startMap} from "../map/create.js";
import {DrawnPlan} from "./drawn.js";

/** A map that starts with the page and ends with it. */
function useMap(box, desk) {
  const {t, city} = useWords();
  const [drawn, setDrawn] = useState(null);
  const [unable, setUnable] = useState(!canDrawMaps());
  useEffect(() => {
    if (unable) return undefined;
    let gone = false;
    let started = null;
    let own = null;
    startMap(box.current, city.bounds, {onTheme: (theme) => own?.recolour(theme)}).then((map) => {
      if (gone) return map.remove();
      started = map;
      own = new DrawnPlan(map.map, city, t, desk.select);
      return setDrawn(own);
    }).catch(() => setUnable(true));
    return () => {
      gone = true;
      started?.remove();
    };
  }, []);
  return {drawn, unable};
}

function Key() {
  const {t} = useWords();
  const sign = (shape) => html`<svg class="mark" width="20" height="20" viewBox="0 0 20 20" aria-hidden="true"
    focusable="false">${shape}</svg>`;
  return html`<ul class="map-key"><li>${sign(html`<circle cx="10" cy="10" r="6" fill="var(--accent)" stroke="var(--ink)" />`)}
      ${t("map.taken")}</li>
    <li>${sign(html`<circle cx="10" cy="10" r="4" fill="none" stroke="var(--ink-2)" stroke-width="1.600" />`)}${t("map.left")}</li>
    <li>${sign(html`<g><circle cx="10" cy="10" r="8.500" fill="none" stroke="var(--ink)" stroke-width="1.600" />
      <circle cx="10" cy="10" r="4.500" fill="var(--accent)" /></g>`)}${t("map.locked")}</li></ul>`;
}

export function PlanMap({desk, state}) {
  const {t, city} = useWords();
  const box = useRef(null);
  const {drawn, unable} = useMap(box, desk);
  const {plan, bins, byId, truck, selectedId} = state;
  useEffect(() => drawn?.show(plan, bins, byId, truck), [drawn, plan, bins.length, truck]);
  useEffect(() => drawn?.select(byId.get(selectedId), !wantsStillness()), [drawn, selectedId]);
  const map = drawn?.map;
  const moving = {padding: 40, duration: wantsStillness() ? 0 : 500};
  const button = (word, picture, act) => html`<button type="button" class="map-button" aria-label=${t(word)} title=${t(word)}
    onClick=${act}><${Icon} name=${picture} size=${22} /></button>`;
  return html`<div class="map-box" role="region" aria-label=${t("map.label")}><div class="map" ref=${box}></div>
    ${!drawn && html`<p class="map-word" role="status">${t(unable ? "map.unable" : "app.loading")}</p>`}
    ${drawn && html`<div class="map-buttons">${button("map.zoom_in", "plus", () => map.zoomIn())}
        ${button("map.zoom_out", "minus", () => map.zoomOut())}
        ${button("map.whole", "target", () => map.fitBounds(city.bounds, moving))}</div>
      <${Key} />
      <p class="attribution"><a href="https://www.openstreetmap.org/copyright" rel="noreferrer">© OpenStreetMap contributors</a></p>`}
  </div>`;
}
