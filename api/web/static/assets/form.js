/** A form for one thing: every refused field says why beside itself, and somebody else's change is never overwritten. */
import {fractionName, useWords} from "../lib/context.js";
import {html, useEffect, useRef, useState} from "../lib/html.js";
import {boundText, kindOf, refusalText} from "../office/refused.js";
import {look} from "./api.js";
import {FIELDS, changesOf, isAsked, toForm} from "./kinds.js";

const OFFERED = 20;

/** One of many: typed, with what fits offered. */
function Suggested({id, value, list, onInput, rest}) {
  return html`<input ...${rest} id=${id} list=${`${id}-list`} value=${value} autocomplete="off" onInput=${onInput} />
    <datalist id=${`${id}-list`}>${list.map(([key, name]) => html`<option key=${key} value=${key}>${name}</option>`)}</datalist>`;
}

function SiteInput({id, value, onInput, rest}) {
  const [found, setFound] = useState([]);
  useEffect(() => {
    const timer = setTimeout(() => look("sites", {q: value, limit: OFFERED}).then(
      ({sites}) => setFound(sites.map((each) => [each.id, each.name])), () => {},
    ), 200);
    return () => clearTimeout(timer);
  }, [value]);
  return html`<${Suggested} id=${id} value=${value} list=${found} onInput=${onInput} rest=${rest} />`;
}

function Control({field, id, value, types, onValue, rest}) {
  const {t, city, language} = useWords();
  const onInput = (event) => onValue(event.target.value);
  if (field.type === "check") {
    return html`<input ...${rest} id=${id} type="checkbox" checked=${value} onChange=${(event) => onValue(event.target.checked)} />`;
  }
  if (field.type === "area" || field.type === "points") {
    return html`<textarea ...${rest} id=${id} rows="3" value=${value} onInput=${onInput}></textarea>`;
  }
  if (field.type === "site") return html`<${SiteInput} id=${id} value=${value} onInput=${onInput} rest=${rest} />`;
  const choices = {
    container: () => types.map((each) => [each.id, `${each.name} (${each.id})`]),
    fraction: () => city.fractions.map(({code}) => [code, fractionName(city, code, language)]),
    choice: () => field.choices.map((each) => [each, t(`assets.shape.${each}`)]),
  }[field.type];
  if (!choices) {
    return html`<input ...${rest} id=${id} value=${value} inputmode=${field.type === "number" ? "decimal" : undefined}
      autocomplete="off" onInput=${onInput} />`;
  }
  return html`<select ...${rest} id=${id} value=${value} onChange=${onInput}><option value="">${t("assets.choose")}</option>
    ${choices().map(([key, name]) => html`<option key=${key} value=${key}>${name}</option>`)}</select>`;
}

/** One field with its name, its unit, and why it was refused. */
export function Field({field, kind, value, error, types, onValue}) {
  const {t} = useWords();
  const id = `field-${kind}-${field.name}`;
  const rest = {
    name: field.name, "aria-invalid": error ? "true" : undefined, "aria-describedby": error ? `${id}-error` : undefined,
    required: field.must || undefined,
  };
  return html`<div class=${`field ${field.type ?? "text"} ${error ? "refused" : ""}`}>
    <label for=${id}>${t(`field.${field.name}`)}${field.unit && html` <small>[${field.unit}]</small>`}
      ${field.must && html`<small class="must"> ${t("assets.must")}</small>`}</label>
    <${Control} field=${field} id=${id} value=${value} types=${types} onValue=${onValue} rest=${rest} />
    ${error && html`<p class="why" id=${`${id}-error`}>${error}</p>`}</div>`;
}

/**
 * @param {string[]} shown The fields that can say their own.
 * @returns {Record<string, string>} Why, by field; "" is what is wrong with the whole, or with a field that is not shown.
 */
export function faultsOf(error, words, shown) {
  if (kindOf(error) === "changed-meanwhile") return {"": words.t("assets.changed_meanwhile")};
  const nameOf = ({field}) => field.split(".")[0];
  const told = error.problem?.errors ?? [];
  const errors = told.filter((each) => !shown.includes(nameOf(each)));
  const rest = errors.length || !told.length ? {"": refusalText({...error, problem: {...error.problem, errors}}, words)} : {};
  return {...rest, ...Object.fromEntries(told.filter((each) => !errors.includes(each)).map((each) => [nameOf(each), boundText(each, words)]))};
}

/**
 * @param {{kind: string, before?: object, preset?: object, onSave: Function, onDone: Function, onCancel: Function}} props
 *   `onSave` gets what differs and returns a promise; `before` is missing for a new thing.
 */
export function AssetForm({kind, before, preset = {}, types = [], onSave, onDone, onCancel}) {
  const words = useWords();
  const {t} = words;
  const fields = FIELDS[kind];
  const start = () => Object.fromEntries(fields.map((field) => [field.name, toForm(field, (before ?? preset)[field.name])]));
  const [values, setValues] = useState(start);
  const [faults, setFaults] = useState({});
  const [busy, setBusy] = useState(false);
  const form = useRef(null);
  useEffect(() => {
    (form.current?.querySelector("[aria-invalid=true]") ?? form.current?.querySelector("input, select"))?.focus();
  }, [faults]);
  const shown = fields.filter((field) => isAsked(field, values) && !(before && field.fixed));
  const submit = async (event) => {
    event.preventDefault();
    const told = changesOf(fields.filter((field) => !(before && field.fixed)), values, before);
    if (!Object.keys(told).length) return onCancel();
    setBusy(true);
    try {
      onDone(await onSave(told));
    } catch (error) {
      setFaults(faultsOf(error, words, shown.map(({name}) => name)));
    } finally {
      setBusy(false);
    }
  };
  return html`<form class="asset-form" ref=${form} onSubmit=${submit} noValidate>
    ${faults[""] && html`<p class="fault" role="alert">${faults[""]}</p>`}
    ${shown.map((field) => html`<${Field} key=${field.name} field=${field} kind=${kind} value=${values[field.name]} types=${types}
      error=${faults[field.name]} onValue=${(value) => setValues({...values, [field.name]: value})} />`)}
    <p class="buttons"><button type="submit" class="button primary" disabled=${busy}>${t("assets.save")}</button>
      <button type="button" class="button" onClick=${onCancel}>${t("assets.cancel")}</button></p></form>`;
}
