/** Beside the list: one thing, its form, and for a bin what hung in it and what hangs there next. */
import {useWords} from "../lib/context.js";
import {html, useState} from "../lib/html.js";
import {may} from "../office/may.js";
import {refusalText} from "../office/refused.js";
import {changeAsset, createAsset, hangSensor, retireAsset, takeDown} from "./api.js";
import {AssetForm, Field, faultsOf} from "./form.js";
import {FIELDS, numberOf, toForm} from "./kinds.js";
import {longDay} from "./words.js";

const SWAP = [
  {name: "sensor_id", must: true}, {name: "make"}, {name: "model"}, {name: "empty_mm", type: "number", unit: "mm"},
  {name: "full_mm", type: "number", unit: "mm"}, {name: "offset_mm", type: "number", unit: "mm"}, {name: "tilt_deg", type: "number", unit: "°"},
];

function Facts({kind, thing}) {
  const {t, city, language} = useWords();
  const shown = (field) => {
    const value = thing[field.name];
    if (field.type === "check") return t(value ? "assets.yes" : "assets.no");
    if (field.type === "choice") return t(`assets.shape.${value}`);
    if (field.type === "site") return html`<a href=${`#sites/${encodeURIComponent(value)}`}>${thing.site_name ?? value}</a>`;
    if (field.type === "container") return html`<a href=${`#container-types/${encodeURIComponent(value)}`}>${thing.container_type ?? value}</a>`;
    if (field.type === "fraction") {
      const found = city.fractions.find(({code}) => code === value);
      return found ? found[language === "sv" ? "name_sv" : "name_en"] : value;
    }
    return [toForm(field, value) || "–", value !== null && value !== "" && field.unit].filter(Boolean).join(" ");
  };
  const fields = FIELDS[kind].filter((field) => !field.fixed && toForm(field, thing[field.name]) !== "" && field.type !== "points");
  return html`<dl class="facts">${fields.map((field) => html`<div key=${field.name}><dt>${t(`field.${field.name}`)}</dt>
    <dd>${shown(field)}</dd></div>`)}</dl>`;
}

function Swap({bin, desk, onClose}) {
  const words = useWords();
  const {t} = words;
  const [values, setValues] = useState({});
  const [faults, setFaults] = useState({});
  const submit = async (event) => {
    event.preventDefault();
    const told = {sensor_id: (values.sensor_id ?? "").trim(), replaces_sensor_id: bin.sensor_id};
    for (const {name, type} of SWAP.slice(1)) {
      const value = type === "number" ? numberOf(values[name] ?? "") : (values[name] ?? "").trim();
      if (value !== null && value !== "") told[name] = value;
    }
    try {
      const answer = await hangSensor(bin.id, told);
      desk.saved("bins", bin.id, t("assets.said.hung", {sensor: told.sensor_id, bin: bin.id}), answer);
      onClose();
    } catch (error) {
      setFaults(faultsOf(error, words, SWAP.map(({name}) => name)));
    }
  };
  return html`<form class="asset-form" onSubmit=${submit} noValidate>
    <p class="hint">${t(bin.sensor_id ? "assets.swap_hint" : "assets.hang_hint", {sensor: bin.sensor_id})}</p>
    ${faults[""] && html`<p class="fault" role="alert">${faults[""]}</p>`}
    ${SWAP.map((field) => html`<${Field} key=${field.name} field=${field} kind="swap" value=${values[field.name] ?? ""}
      error=${faults[field.name]} onValue=${(value) => setValues({...values, [field.name]: value})} />`)}
    <p class="buttons"><button type="submit" class="button primary">${t("assets.hang_now")}</button>
      <button type="button" class="button" onClick=${onClose}>${t("assets.cancel")}</button></p></form>`;
}

function History({bin}) {
  const {t, format} = useWords();
  const measured = (each) => (each.empty_mm === null ? "" : t("assets.measured", {
    empty: format.whole(each.empty_mm), full: each.full_mm === null ? "–" : format.whole(each.full_mm)}));
  return html`<section><h3>${t("assets.history")}</h3>
    ${!bin.history.length && html`<p class="hint">${t("assets.no_history")}</p>`}
    <ol class="history">${bin.history.map((each) => html`<li key=${each.sensor_id + each.from_utc} class=${each.to_utc ? "" : "now"}>
      <b>${each.sensor_id}</b> <span>${t(each.to_utc ? "assets.from_to" : "assets.from_now", {
        from: longDay(each.from_utc, format), to: each.to_utc && longDay(each.to_utc, format)})}</span>
      <small>${[measured(each), each.retired && t("assets.retired_since")].filter(Boolean).join(" · ")}</small></li>`)}</ol></section>`;
}

function Visits({bin}) {
  const {t, format} = useWords();
  if (!bin.fittings.length && !bin.photos.length) return null;
  return html`<section><h3>${t("assets.visits")}</h3>
    <ul class="history">${bin.fittings.map((each) => html`<li key=${each.key}><b>${each.sensor_id}</b>
      <span>${format.dayTime(each.done_utc)}</span>${each.note && html`<small>${each.note}</small>`}</li>`)}</ul>
    <ul class="photos">${bin.photos.map((key) => html`<li key=${key}><a href=${`/api/v1/installations/photos/${key}`} target="_blank"
      rel="noopener"><img src=${`/api/v1/installations/photos/${key}`} alt=${t("assets.photo_of", {bin: bin.id})} loading="lazy" /></a></li>`)}</ul></section>`;
}

/** Asks once more before something goes; the answer of the server is told where the question stood. */
function Retire({kind, thing, mark, desk}) {
  const words = useWords();
  const {t} = words;
  const [asking, setAsking] = useState(false);
  const [fault, setFault] = useState("");
  const retire = async () => {
    try {
      await retireAsset(kind, thing.id, mark);
      desk.saved(kind, null, t("assets.said.retired", {id: thing.id}));
    } catch (error) {
      setFault(faultsOf(error, words, [])[""]);
    }
  };
  if (!asking) return html`<button type="button" class="button danger" onClick=${() => setAsking(true)}>${t("assets.retire")}</button>`;
  return html`<div class="question" role="group" aria-label=${t("assets.retire")}><p>${t("assets.retire_sure", {id: thing.id})}</p>
    ${fault && html`<p class="fault" role="alert">${fault}</p>`}
    <button type="button" class="button danger" onClick=${retire}>${t("assets.retire_yes")}</button>
    <button type="button" class="button" onClick=${() => setAsking(false)}>${t("assets.cancel")}</button></div>`;
}

function Hung({bin, desk}) {
  const words = useWords();
  const {t, format} = words;
  const [swapping, setSwapping] = useState(false);
  const [fault, setFault] = useState("");
  const down = async () => {
    try {
      const answer = await takeDown(bin.id, {sensor_id: bin.sensor_id});
      desk.saved("bins", bin.id, t("assets.said.down", {sensor: bin.sensor_id}), answer);
    } catch (error) {
      setFault(refusalText(error, words));
    }
  };
  return html`<section><h3>${t("assets.hangs")}</h3>
    ${bin.sensor_id ? html`<p><a href=${`#sensors/${encodeURIComponent(bin.sensor_id)}`}><b>${bin.sensor_id}</b></a> ${[bin.make, bin.model].filter(Boolean).join(" ")}${" "}
      <small>${t("assets.since", {time: longDay(bin.since_utc, format)})}</small></p>` : html`<p class="hint">${t("assets.hangs_nothing")}</p>`}
    ${fault && html`<p class="fault" role="alert">${fault}</p>`}
    ${!may("assets") ? "" : swapping ? html`<${Swap} bin=${bin} desk=${desk} onClose=${() => setSwapping(false)} />` : html`<p class="buttons">
      <button type="button" class="button" onClick=${() => setSwapping(true)}>${t(bin.sensor_id ? "assets.swap" : "assets.hang")}</button>
      ${bin.sensor_id && html`<button type="button" class="button" onClick=${down}>${t("assets.down")}</button>`}</p>`}</section>`;
}

function Thing({state, desk}) {
  const {t} = useWords();
  const {tab, thing, mark, types} = state;
  const [editing, setEditing] = useState(false);
  if (!thing) return html`<p role="status">${t("app.loading")}</p>`;
  const save = (told) => changeAsset(tab, thing.id, told, mark);
  const done = (answer) => {
    setEditing(false);
    desk.saved(tab, thing.id, t("assets.said.saved", {id: thing.id}), answer);
  };
  return html`${editing
    ? html`<${AssetForm} key=${mark} kind=${tab} before=${thing} types=${types} onSave=${save} onDone=${done} onCancel=${() => {
      setEditing(false);
      desk.again();
    }} />`
    : html`<${Facts} kind=${tab} thing=${thing} />
      ${(may("assets") || tab === "bins") && html`<p class="buttons">
        ${may("assets") && html`<button type="button" class="button" onClick=${() => setEditing(true)}>${t("assets.edit")}</button>`}
        ${tab === "bins" && html`<a class="button" target="_blank" href=${`/api/v1/assets/stickers.pdf?bin_id=${encodeURIComponent(thing.id)}`}>${t("assets.sticker")}</a>`}
        ${may("assets") && html`<${Retire} kind=${tab} thing=${thing} mark=${mark} desk=${desk} />`}</p>`}`}
    ${tab === "bins" && html`<${Hung} bin=${thing} desk=${desk} /><${History} bin=${thing} /><${Visits} bin=${thing} />`}
    ${tab === "sensors" && html`<p>${thing.bin_id ? html`${t("assets.hangs_in")} <a href=${`#bins/${encodeURIComponent(thing.bin_id)}`}>${thing.bin_id}</a>`
      : t("assets.hangs_nowhere")}</p>`}`;
}

export function Panel({state, desk}) {
  const {t} = useWords();
  const {tab, id, making, types} = state;
  const create = (told) => createAsset(tab, told);
  const created = (answer) => desk.saved(tab, answer.body.id, t("assets.said.created", {id: answer.body.id}), answer);
  const close = () => (making ? desk.make(false) : desk.open(tab));
  const heading = making ? t(`assets.new.${tab}`) : id;
  return html`<aside class="asset-panel" aria-label=${heading}>
    <header><h2>${heading}</h2><button type="button" class="button" onClick=${close}>${t("app.close")}</button></header>
    ${making ? html`<${AssetForm} kind=${tab} types=${types} onSave=${create} onDone=${created} onCancel=${close} />`
      : html`<${Thing} state=${state} desk=${desk} />`}</aside>`;
}
