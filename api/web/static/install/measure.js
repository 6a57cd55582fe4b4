/** The empty and the full container, as this sensor sees them: measured live, or typed from a rule. */
import {useWords} from "../lib/context.js";
import {html, useEffect, useRef, useState} from "../lib/html.js";
import {askDevice} from "./session.js";

const ASK_EVERY_MS = 3_000;
const LEAST_SPAN_MM = 50;
const MOST_MM = 20_000;

export function mmIn(text) {
  const plain = text.trim().replace(/\s/g, "").replace(",", ".");
  return plain === "" ? null : Number(plain);
}

/** @returns {string} Why these two cannot be, as a key of the words; empty when they can. */
export function faultIn(emptyMm, fullMm) {
  if (emptyMm === null) return fullMm === null ? "" : "install.full_alone";
  if (!(emptyMm >= LEAST_SPAN_MM && emptyMm <= MOST_MM)) return "install.empty_bound";
  if (fullMm === null) return "";
  return fullMm >= 0 && fullMm <= emptyMm - LEAST_SPAN_MM ? "" : "install.full_bound";
}

/** Ask until the sensor has said something new: many devices measure at the press of their button, others once an hour. */
function useLive(sensorId, onSaid) {
  const [asking, setAsking] = useState("");
  const timer = useRef(0);
  const stop = () => {
    clearTimeout(timer.current);
    setAsking("");
  };
  useEffect(() => stop, []);
  const begin = (which, seen) => {
    setAsking(which);
    const look = async () => {
      try {
        const device = await askDevice(sensorId);
        if (device.distance_mm !== null && device.received_utc !== seen) {
          onSaid(which, device);
          return stop();
        }
      } catch {
        // No network just now: the next look may have one.
      }
      timer.current = setTimeout(look, ASK_EVERY_MS);
    };
    look();
  };
  return [asking, begin, stop];
}

export function Measure({draft, online, type, onChange}) {
  const {t, format} = useWords();
  const [texts, setTexts] = useState({emptyMm: draft.emptyMm ?? "", fullMm: draft.fullMm ?? ""});
  const [seen, setSeen] = useState(null);
  const put = (which, text) => {
    const next = {...texts, [which]: text};
    setTexts(next);
    const [emptyMm, fullMm] = [mmIn(String(next.emptyMm)), mmIn(String(next.fullMm))];
    onChange(faultIn(emptyMm, fullMm) ? {emptyMm: null, fullMm: null, mismeasured: true} : {emptyMm, fullMm, mismeasured: false});
  };
  const [asking, begin, stop] = useLive(draft.sensorId, (which, device) => {
    setSeen(device.received_utc);
    put(which, String(Math.round(device.distance_mm)));
  });
  const fault = faultIn(mmIn(String(texts.emptyMm)), mmIn(String(texts.fullMm)));
  return html`<p class="hint">${t("install.measure_hint", {empty: format.whole(type.empty_mm), full: format.whole(type.full_mm)})}</p>
    ${["emptyMm", "fullMm"].map((which) => html`<div key=${which} class="measure">
      <label class="field"><span>${t(`install.${which}`)} <small>[mm]</small></span><input name=${which} inputmode="decimal" value=${texts[which]}
        aria-invalid=${fault ? "true" : undefined} aria-describedby=${fault ? "measure-fault" : undefined}
        onInput=${(event) => put(which, event.target.value)} /></label>
      ${asking === which ? html`<button type="button" class="button" onClick=${stop}>${t("install.stop_measure")}</button>`
        : html`<button type="button" class="button" disabled=${!online || Boolean(asking)} onClick=${() => begin(which, seen)}>${t("install.measure_now")}</button>`}</div>`)}
    ${asking && html`<p role="status">${t("install.waiting_for_sensor")}</p>`}
    ${fault && html`<p class="fault" id="measure-fault" role="alert">${t(fault)}</p>`}
    ${!online && html`<p class="hint">${t("install.measure_offline")}</p>`}`;
}
