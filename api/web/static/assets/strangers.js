/** Devices that send and hang nowhere: what they seem to say, and the bin they shall hang in. */
import {nowMs} from "../lib/clock.js";
import {useWords} from "../lib/context.js";
import {html, useEffect, useState} from "../lib/html.js";
import {may} from "../office/may.js";
import {fieldText, refusalText} from "../office/refused.js";
import {adopt, dismiss, look} from "./api.js";

function Meaning({guesses}) {
  const {t, format} = useWords();
  if (!guesses.length) return html`<p class="hint">${t("assets.no_meaning")}</p>`;
  const [best] = guesses;
  const parts = [
    best.distance_mm !== null && t("assets.says_mm", {mm: format.whole(best.distance_mm)}),
    best.fill_fraction !== null && t("assets.says_fill", {fill: format.fill(best.fill_fraction)}),
    best.battery_fraction !== null && t("assets.says_battery", {pct: format.pct(best.battery_fraction)}),
    best.battery_v !== null && t("assets.says_volt", {v: format.tenth(best.battery_v)}),
    best.temperature_c !== null && t("assets.says_celsius", {c: format.tenth(best.temperature_c)}),
  ].filter(Boolean);
  return html`<p class="meaning">${parts.join(" · ")} <small>${best.make ? t("assets.as_make", {make: best.make}) : t("assets.plain")}</small></p>`;
}

function Adopt({device, desk, onClose}) {
  const words = useWords();
  const {t} = words;
  const [binId, setBinId] = useState("");
  const [bins, setBins] = useState([]);
  const [make, setMake] = useState(device.guesses[0]?.make ?? "");
  const [sensorId, setSensorId] = useState(device.device_ids[0]);
  const [fault, setFault] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => look("bins", {q: binId, limit: 20}).then(({bins: found}) => setBins(found), () => {}), 200);
    return () => clearTimeout(timer);
  }, [binId]);
  const chosen = bins.find((each) => each.id === binId);
  const submit = async (event) => {
    event.preventDefault();
    try {
      const {body} = await adopt(device.device_ids[0], {
        bin_id: binId.trim(), sensor_id: sensorId, make: make.trim(), replaces_sensor_id: chosen?.sensor_id ?? null});
      desk.saved("quarantine", null, t("assets.said.adopted", {sensor: body.sensor_id, bin: body.bin_id, n: body.waiting}));
      onClose();
    } catch (error) {
      setFault(refusalText(error, words));
    }
  };
  const id = `adopt-${device.device_ids[0]}`;
  return html`<form class="asset-form adopt" onSubmit=${submit} noValidate>
    ${fault && html`<p class="fault" role="alert">${fault}</p>`}
    <div class="field"><label for=${`${id}-bin`}>${t("assets.adopt_bin")}</label>
      <input id=${`${id}-bin`} name="bin_id" list=${`${id}-bins`} value=${binId} autocomplete="off" required
        onInput=${(event) => setBinId(event.target.value)} />
      <datalist id=${`${id}-bins`}>${bins.map((each) => html`<option key=${each.id} value=${each.id}>${each.site_name}</option>`)}</datalist>
      ${chosen && html`<p class="hint">${chosen.site_name}${chosen.sensor_id ? ` · ${t("assets.adopt_swaps", {sensor: chosen.sensor_id})}` : ""}</p>`}</div>
    <div class="field"><label for=${`${id}-name`}>${t("assets.adopt_name")}</label>
      <select id=${`${id}-name`} value=${sensorId} onChange=${(event) => setSensorId(event.target.value)}>${device.device_ids.map((name) => html`<option
        key=${name} value=${name}>${name}</option>`)}</select></div>
    <div class="field"><label for=${`${id}-make`}>${t("field.make")}</label>
      <input id=${`${id}-make`} value=${make} list=${`${id}-makes`} onInput=${(event) => setMake(event.target.value)} />
      <datalist id=${`${id}-makes`}>${device.guesses.filter((each) => each.make).map((each) => html`<option key=${each.make} value=${each.make} />`)}</datalist></div>
    <p class="buttons"><button type="submit" class="button primary">${t("assets.adopt_yes")}</button>
      <button type="button" class="button" onClick=${onClose}>${t("assets.cancel")}</button></p></form>`;
}

function Stranger({device, desk}) {
  const words = useWords();
  const {t, format} = words;
  const [open, setOpen] = useState(false);
  const [fault, setFault] = useState("");
  const [name] = device.device_ids;
  const away = async () => {
    try {
      const {body} = await dismiss(name);
      desk.saved("quarantine", null, t("assets.said.dismissed", {sensor: name, n: body.dropped}));
    } catch (error) {
      setFault(refusalText(error, words));
    }
  };
  return html`<li class="stranger">
    <h3>${name} <small>${device.device_ids.slice(1, 3).join(" · ")}</small></h3>
    <p>${t(device.known ? "assets.known_stranger" : "assets.unknown_stranger")} · ${t("assets.heard", {
      n: device.seen, first: format.timeOrDay(device.first_utc, nowMs()), last: format.timeOrDay(device.last_utc, nowMs())})}
${" · "}${t("assets.waiting", {n: device.kept})}</p>
    <${Meaning} guesses=${device.guesses} />
    <details><summary>${t("assets.raw")}</summary>${device.error && html`<p>${fieldText(device.error, words, device.error.field)}</p>`}
      <p lang="en">${device.detail}</p><code>${device.last_payload.slice(0, 600)}</code></details>
    ${fault && html`<p class="fault" role="alert">${fault}</p>`}
    ${!may("assets") ? "" : open ? html`<${Adopt} device=${device} desk=${desk} onClose=${() => setOpen(false)} />` : html`<p class="buttons">
      <button type="button" class="button primary" onClick=${() => setOpen(true)}>${t("assets.adopt")}</button>
      <button type="button" class="button" onClick=${away}>${t("assets.dismiss")}</button></p>`}</li>`;
}

export function Strangers({state, desk}) {
  const {t} = useWords();
  const devices = state.rows ?? [];
  return html`<section class="asset-list wide">
    <div class="scroll" tabindex="0" role="region" aria-label=${t("assets.tab.quarantine")}>
    <h2>${t("assets.tab.quarantine")}</h2>
    <p class="hint">${t(devices.length ? "assets.quarantine_hint" : "assets.none.quarantine")}</p>
    <ul class="strangers">${devices.map((device) => html`<${Stranger} key=${device.device_ids[0]} device=${device} desk=${desk} />`)}</ul></div></section>`;
}
