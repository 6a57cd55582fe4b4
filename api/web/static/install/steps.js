/** The first four steps: which sensor, which bin, where it stands, and a photo. */
import {nowUtc} from "../lib/clock.js";
import {useWords} from "../lib/context.js";
import {html, useEffect, useMemo, useState} from "../lib/html.js";
import {newKey} from "../lib/ids.js";
import {smallPhoto} from "./photo.js";
import {ACCURACY_MAX_M, metresBetween, nudged, whereAmI} from "./place.js";
import {Scanner, canScan, deviceIn} from "./scan.js";

const NEAR = 8;
const NUDGE_M = 2;
const PHOTOS_MAX = 3;

/** Where sensors hang, by the name they have in the registry, and by the device that it names ("eui-…"). */
function knownSensors(catalogue) {
  const hung = catalogue.bins.filter((bin) => bin.sensor);
  return new Map([...hung.map((bin) => [deviceIn(bin.sensor), bin]), ...hung.map((bin) => [bin.sensor, bin])]);
}

export function SensorStep({draft, catalogue, onChange}) {
  const {t} = useWords();
  const [scanning, setScanning] = useState(false);
  const known = useMemo(() => knownSensors(catalogue), [catalogue]);
  const binOf = (text) => known.get(text.trim()) ?? known.get(deviceIn(text));
  const nameOf = (text) => binOf(text)?.sensor ?? deviceIn(text);
  const hangs = binOf(draft.sensorId); // the same while one types and after: nothing moves away under the finger
  const found = (text) => {
    setScanning(false);
    onChange({sensorId: nameOf(text)});
  };
  if (scanning) return html`<${Scanner} onFound=${found} onClose=${() => setScanning(false)} />`;
  return html`${canScan() ? html`<button type="button" class="button wide" onClick=${() => setScanning(true)}>${t("install.scan")}</button>`
    : html`<p class="hint">${t("install.cannot_scan")}</p>`}
    <label class="field"><span>${t("install.sensor_id")}</span><input name="sensor" value=${draft.sensorId} autocomplete="off" autocapitalize="off"
      spellcheck=${false} onInput=${(event) => onChange({sensorId: event.target.value.trim()})}
      onChange=${(event) => onChange({sensorId: nameOf(event.target.value)})} /></label>
    <label class="field"><span>${t("install.make")}</span><input name="make" value=${draft.make} list="makes" autocomplete="off"
      onInput=${(event) => onChange({make: event.target.value})} />
      <datalist id="makes">${catalogue.makes.map((make) => html`<option key=${make} value=${make} />`)}</datalist></label>
    ${draft.sensorId && hangs && html`<p class="note" role="status">${t("install.hangs_elsewhere", {bin: hangs.id, place: hangs.site})}</p>`}`;
}

export function BinStep({draft, catalogue, onChange}) {
  const {t, format} = useWords();
  const [query, setQuery] = useState(draft.binId);
  const [here, setHere] = useState(null);
  const [fault, setFault] = useState("");
  const shown = useMemo(() => {
    const wanted = query.trim().toLowerCase();
    const fitting = catalogue.bins.filter((bin) => !wanted || `${bin.id} ${bin.site} ${bin.sensor ?? ""}`.toLowerCase().includes(wanted));
    const withWay = here ? fitting.map((bin) => ({...bin, way_m: metresBetween(here, bin)})).sort((one, other) => one.way_m - other.way_m) : fitting;
    return withWay.slice(0, NEAR);
  }, [query, here, catalogue]);
  const locate = () => whereAmI().then(setHere, () => setFault(t("install.no_position")));
  return html`<label class="field"><span>${t("install.search_bin")}</span><input name="bin" type="search" value=${query} autocomplete="off"
      onInput=${(event) => setQuery(event.target.value)} /></label>
    <button type="button" class="button wide" onClick=${locate}>${t("install.nearest")}</button>
    ${fault && html`<p class="fault" role="alert">${fault}</p>`}
    <ul class="choices" aria-label=${t("install.step.bin")}>${shown.map((bin) => html`<li key=${bin.id}><button type="button"
      aria-pressed=${bin.id === draft.binId} onClick=${() => onChange({binId: bin.id, place: null})}>
      <b>${bin.id}</b> <span>${bin.site}</span>${bin.way_m !== undefined && html` <small>${format.metres(bin.way_m)}</small>`}
      <small>${bin.sensor ? t("install.hangs_now", {sensor: bin.sensor}) : t("install.hangs_nothing")}</small></button></li>`)}</ul>
    ${!shown.length && html`<p class="hint">${t("install.no_bin")}</p>`}`;
}

export function PlaceStep({draft, bin, onChange}) {
  const {t, format} = useWords();
  const [fault, setFault] = useState("");
  const [looking, setLooking] = useState(false);
  const {place} = draft;
  const locate = async () => {
    setLooking(true);
    setFault("");
    try {
      const found = await whereAmI();
      if (found.accuracy_m > ACCURACY_MAX_M) setFault(t("install.too_rough", {m: format.whole(found.accuracy_m)}));
      else onChange({place: found});
    } catch {
      setFault(t("install.no_position"));
    }
    setLooking(false);
  };
  const nudge = (northM, eastM) => () => onChange({place: nudged(place, northM, eastM)});
  return html`<p>${t("install.registered", {place: bin.site})} <small>${bin.lat_deg.toFixed(5)}, ${bin.lon_deg.toFixed(5)}</small></p>
    ${place ? html`<div class="note" role="status"><p><b>${t("install.here", {m: format.whole(place.accuracy_m)})}</b>${" "}
        ${place.lat_deg.toFixed(6)}, ${place.lon_deg.toFixed(6)}</p><p>${t("install.apart", {m: format.metres(metresBetween(place, bin))})}</p></div>
      <div class="nudge" role="group" aria-label=${t("install.nudge")}>
        ${[["north", NUDGE_M, 0], ["west", 0, -NUDGE_M], ["east", 0, NUDGE_M], ["south", -NUDGE_M, 0]].map(([way, north, east]) => html`<button
          type="button" key=${way} class=${`button ${way}`} onClick=${nudge(north, east)}>${t(`install.nudge.${way}`)}</button>`)}</div>
      <button type="button" class="button wide" onClick=${() => onChange({place: null})}>${t("install.keep_place")}</button>`
    : html`<p class="hint">${t("install.place_hint")}</p>`}
    <button type="button" class="button wide" disabled=${looking} onClick=${locate}>${t(looking ? "install.looking" : "install.use_here")}</button>
    ${fault && html`<p class="fault" role="alert">${fault}</p>`}`;
}

function Preview({blob, alt}) {
  const [address, setAddress] = useState("");
  useEffect(() => {
    const made = URL.createObjectURL(blob);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return html`<img src=${address} alt=${alt} />`;
}

export function PhotoStep({draft, onChange}) {
  const {t, format} = useWords();
  const [fault, setFault] = useState("");
  const take = async (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (!file) return;
    setFault("");
    try {
      onChange({photos: [...draft.photos, {key: newKey(), blob: await smallPhoto(file), taken_utc: nowUtc()}]});
    } catch {
      setFault(t("install.no_photo"));
    }
  };
  const drop = (key) => () => onChange({photos: draft.photos.filter((photo) => photo.key !== key)});
  return html`<p class="hint">${t("install.photo_hint")}</p>
    ${draft.photos.length < PHOTOS_MAX && html`<label class="button wide file"><span>${t("install.take_photo")}</span>
      <input type="file" accept="image/*" capture="environment" onChange=${take} /></label>`}
    ${fault && html`<p class="fault" role="alert">${fault}</p>`}
    <ul class="photos">${draft.photos.map((photo, index) => html`<li key=${photo.key}><${Preview} blob=${photo.blob} alt=${t("install.photo_n", {n: index + 1})} />
      <small>${format.whole(photo.blob.size / 1000)} kB</small>
      <button type="button" class="button" onClick=${drop(photo.key)}>${t("install.drop_photo")}</button></li>`)}</ul>`;
}
