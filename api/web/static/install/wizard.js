/** One sensor, one bin: six short steps, all of them without a network if need be. */
import {nowUtc} from "../lib/clock.js";
import {useWords} from "../lib/context.js";
import {html, useEffect, useRef, useState} from "../lib/html.js";
import {newKey} from "../lib/ids.js";
import {Measure} from "./measure.js";
import {BinStep, PhotoStep, PlaceStep, SensorStep} from "./steps.js";

const STEPS = ["sensor", "bin", "place", "photo", "measure", "check"];
const EMPTY = {sensorId: "", make: "", binId: "", place: null, photos: [], emptyMm: null, fullMm: null, note: "", mismeasured: false};

/** @returns {object} The act as the server takes it: with what this phone showed as hanging there. */
export function actOf(draft, catalogue, key, doneUtc) {
  const there = catalogue.bins.find((bin) => bin.id === draft.binId)?.sensor ?? null;
  const from = catalogue.bins.find((bin) => bin.sensor === draft.sensorId && bin.id !== draft.binId)?.id ?? null;
  return {
    key, sensor_id: draft.sensorId, bin_id: draft.binId, done_utc: doneUtc, make: draft.make, note: draft.note.trim(),
    ...(there && there !== draft.sensorId && {replaces_sensor_id: there}), ...(from && {moves_from_bin_id: from}),
    ...(draft.emptyMm !== null && {empty_mm: draft.emptyMm}), ...(draft.fullMm !== null && {full_mm: draft.fullMm}),
    ...(draft.place && {lat_deg: draft.place.lat_deg, lon_deg: draft.place.lon_deg, accuracy_m: draft.place.accuracy_m}),
    photo_keys: draft.photos.map((photo) => photo.key),
  };
}

function Check({draft, catalogue, onNote}) {
  const {t, format} = useWords();
  const act = actOf(draft, catalogue, "", "");
  const bin = catalogue.bins.find((each) => each.id === draft.binId);
  const rows = [
    ["sensor", draft.sensorId], ["bin", `${bin.id} · ${bin.site}`],
    act.replaces_sensor_id && ["replaces", act.replaces_sensor_id], act.moves_from_bin_id && ["moves", act.moves_from_bin_id],
    ["place", draft.place ? t("install.place_new", {m: format.whole(draft.place.accuracy_m)}) : t("install.place_as_is")],
    ["photo", t("install.photos", {n: draft.photos.length})],
    ["measure", draft.emptyMm === null ? t("install.not_measured") : t("install.measured_mm", {
      empty: format.whole(draft.emptyMm), full: draft.fullMm === null ? t("install.as_type") : format.whole(draft.fullMm)})],
  ].filter(Boolean);
  return html`<dl class="facts">${rows.map(([name, value]) => html`<div key=${name}><dt>${t(`install.row.${name}`)}</dt><dd>${value}</dd></div>`)}</dl>
    <label class="field"><span>${t("install.note")}</span><textarea rows="2" maxlength="500" value=${draft.note}
      onInput=${(event) => onNote(event.target.value)}></textarea></label>`;
}

/** `begun`: what was kept of an earlier try, to go on with; null begins anew. */
export function Wizard({begun, state, session, onDone, onCancel}) {
  const {t} = useWords();
  const {catalogue} = state;
  const isThere = catalogue.bins.some((each) => each.id === begun?.draft.binId);
  const [step, setStep] = useState(isThere ? begun.step : 0);
  const [draft, setDraft] = useState(begun?.draft ?? EMPTY);
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);
  const heading = useRef(null);
  const key = useRef(begun?.key ?? newKey()); // one key, however often the last button is pressed
  useEffect(() => heading.current?.focus(), [step]);
  useEffect(() => {
    if (draft.sensorId) session.keepBegun({key: key.current, step, draft}).catch((error) => setFault(error.message));
  }, [draft, step]);
  const change = (part) => setDraft((before) => ({...before, ...part}));
  const name = STEPS[step];
  const bin = catalogue.bins.find((each) => each.id === draft.binId);
  const can = {sensor: draft.sensorId.length > 0, bin: Boolean(bin), measure: !draft.mismeasured}[name] ?? true;
  const finish = async () => {
    setBusy(true);
    try {
      const body = actOf(draft, catalogue, key.current, nowUtc());
      await session.done(body, draft.photos);
      onDone(body);
    } catch (error) {
      setFault(t("install.keeps_nothing", {detail: error.message}));
      setBusy(false);
    }
  };
  const cancel = () => {
    session.keepBegun(null);
    onCancel();
  };
  const views = {
    sensor: () => html`<${SensorStep} draft=${draft} catalogue=${catalogue} onChange=${change} />`,
    bin: () => html`<${BinStep} draft=${draft} catalogue=${catalogue} onChange=${change} />`,
    place: () => html`<${PlaceStep} draft=${draft} bin=${bin} onChange=${change} />`,
    photo: () => html`<${PhotoStep} draft=${draft} onChange=${change} />`,
    measure: () => html`<${Measure} draft=${draft} online=${state.online !== false} type=${catalogue.container_types.find(
      (each) => each.id === bin.type)} onChange=${change} />`,
    check: () => html`<${Check} draft=${draft} catalogue=${catalogue} onNote=${(note) => change({note})} />`,
  };
  return html`<main id="content" class="install" tabindex="-1">
    <p class="progress">${t("install.step", {n: step + 1, of: STEPS.length})}</p>
    <h2 ref=${heading} tabindex="-1">${t(`install.step.${name}`)}</h2>
    ${views[name]()}
    ${fault && html`<p class="fault" role="alert">${fault}</p>`}
    <p class="buttons steps">
      <button type="button" class="button" onClick=${() => (step ? setStep(step - 1) : cancel())}>${t(step ? "app.back" : "install.cancel")}</button>
      ${name === "check" ? html`<button type="button" class="button primary" disabled=${busy} onClick=${finish}>${t("install.finish")}</button>`
        : html`<button type="button" class="button primary" disabled=${!can} onClick=${() => setStep(step + 1)}>${t("install.next")}</button>`}</p></main>`;
}
