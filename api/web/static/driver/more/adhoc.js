/** A bin that is not on the list and was emptied all the same: the nearest first, or found by its name or its id. */
import {getDriverBins} from "../../lib/api.js";
import {fractionName, useWords} from "../../lib/context.js";
import {html, useEffect, useState} from "../../lib/html.js";

const SHOWN = 20;
const DEG = Math.PI / 180;

/** Good enough to sort by within a town. [degrees of latitude, squared] */
function apart(one, other) {
  const east = (one.lon_deg - other.lon_deg) * Math.cos(one.lat_deg * DEG);
  return east ** 2 + (one.lat_deg - other.lat_deg) ** 2;
}

export function nearest(bins, here, words) {
  const wanted = words.trim().toLowerCase();
  const found = bins.filter((bin) => `${bin.name} ${bin.bin_id}`.toLowerCase().includes(wanted));
  return (here ? found.sort((one, other) => apart(one, here) - apart(other, here)) : found).slice(0, SHOWN);
}

export function AdHoc({session, state, stops, current, onDone}) {
  const {t, city, language} = useWords();
  const [bins, setBins] = useState(null);
  const [words, setWords] = useState("");
  const vehicleId = state.route.vehicle_id;
  useEffect(() => {
    session.rememberedOr(`bins:${vehicleId}`, () => getDriverBins(vehicleId)).then(setBins, () => setBins("away"));
  }, [vehicleId]);
  const planned = new Set(stops.map((stop) => stop.bin_id));
  const here = state.lastPosition ?? current ?? null;
  const shown = nearest((Array.isArray(bins) ? bins : []).filter((bin) => !planned.has(bin.bin_id)), here?.lat_deg ? here : null, words);
  const empty = (bin) => {
    session.emptyOther(bin);
    onDone();
  };
  return html`<div class="form"><label><span>${t("adhoc.search")}</span>
      <input type="search" value=${words} onInput=${(event) => setWords(event.target.value)} /></label></div>
    ${bins && !shown.length && html`<p role="status">${t(bins === "away" ? "adhoc.away" : "adhoc.none")}</p>`}
    <ul class="choices">${shown.map((bin) => html`<li key=${bin.bin_id}>
      <button type="button" class="row" onClick=${() => empty(bin)}>
        <span class="where"><b>${bin.name}</b><small>${fractionName(city, bin.fraction, language)} · ${bin.bin_id}</small></span>
        <span class="when"><b>${t("driver.emptied")}</b></span></button></li>`)}</ul>`;
}
