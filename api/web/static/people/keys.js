/** Keys of programs: made with a role and an end, told once, revoked at once. */
import {Copy} from "../account/copy.js";
import {Fault, Field, sending, useDeed} from "../account/form.js";
import {longDay} from "../assets/words.js";
import {ask} from "../lib/api.js";
import {useWords} from "../lib/context.js";
import {html, useEffect, useState} from "../lib/html.js";

const ROLES = ["sensor", "monitor", "auditor", "manager"];
const DAYS = [30, 90, 365, 730, 1095];
const USUAL_DAYS = 365;

/** What the program must show, told this once. */
function Made({made, onClose}) {
  const {t} = useWords();
  return html`<div role="status" class="given"><h3>${t("keys.made", {name: made.key.name})}</h3>
    <p>${t("keys.made_words")}</p><p class="codes">${made.token}</p><div class="row"><${Copy} text=${made.token} />
      <button type="button" class="button" onClick=${onClose}>${t("action.close")}</button></div></div>`;
}

function Add({onMade}) {
  const {t} = useWords();
  const {busy, fault, run} = useDeed();
  const [name, setName] = useState("");
  const [role, setRole] = useState("");
  const [days, setDays] = useState(USUAL_DAYS);
  const add = async () => {
    const made = await run(() => ask("/keys", {method: "POST", body: {name: name.trim(), roles: [role], days}}));
    if (!made) return;
    setName("");
    setRole("");
    onMade(made);
  };
  return html`<form onSubmit=${sending(add)}><h3>${t("keys.add")}</h3><div class="pair">
    <${Field} name="key_name" label=${t("keys.name")} value=${name} onInput=${setName} hint=${t("keys.name_hint")}
      autocomplete="off" required />
    <label class="field"><b>${t("field.days")}</b><select name="days" value=${days}
      onChange=${(event) => setDays(Number(event.target.value))}>${DAYS.map((each) => html`<option key=${each}
      value=${each} selected=${each === days}>${t("keys.days", {n: each})}</option>`)}</select></label></div>
    <fieldset class="roles stacked"><legend>${t("keys.may")}</legend>${ROLES.map((each) => html`<label key=${each}>
      <input type="radio" name="key_role" value=${each} checked=${each === role} onChange=${() => setRole(each)} />
      <span>${t(`role.${each}`)} <small>${t(`keys.may.${each}`)}</small></span></label>`)}</fieldset>
    <${Fault} text=${fault} />
    <button class="button primary" disabled=${busy || !role || !name.trim()}>${t("keys.add_submit")}</button></form>`;
}

function Row({kept, canChange, onChange}) {
  const {t, format} = useWords();
  const {busy, fault, run} = useDeed();
  const [asked, setAsked] = useState(false);
  const revoke = async () => {
    if (await run(() => ask(`/keys/${kept.key_id}`, {method: "DELETE"}))) {
      setAsked(false);
      onChange();
    }
  };
  const state = kept.revoked_utc ? "revoked" : kept.good ? "until" : "expired";
  const ends = longDay(kept.revoked_utc ?? kept.expires_utc, format); // with its year: most end in another
  return html`<li class=${kept.good ? "" : "off"}><div><b>${kept.name}</b>
      ${" "}${kept.roles.map((role) => html`<span class="tag" key=${role}>${t(`role.${role}`)}</span> `)}
      <small>${kept.key_id} · ${t(`keys.${state}`, {at: ends})}</small><${Fault} text=${fault} /></div>
    ${canChange && kept.good && !asked && html`<div class="row"><button type="button" class="button danger"
      onClick=${() => setAsked(true)} aria-label=${`${t("keys.revoke")}: ${kept.name}`}>${t("keys.revoke")}</button></div>`}
    ${asked && html`<div class="row" role="alert"><span>${t("keys.revoke_words", {name: kept.name})}</span>
      <button type="button" class="button danger" disabled=${busy} onClick=${revoke}>${t("keys.revoke_yes")}</button>
      <button type="button" class="button" onClick=${() => setAsked(false)}>${t("action.cancel")}</button></div>`}</li>`;
}

export function Keys({canChange}) {
  const {t} = useWords();
  const {fault, run} = useDeed();
  const [keys, setKeys] = useState(null);
  const [made, setMade] = useState(null);
  const load = () => run(async () => setKeys((await ask("/keys")).keys));
  useEffect(() => {
    load();
  }, []);
  const onMade = (next) => {
    setMade(next);
    load();
  };
  const shown = [...(keys ?? [])].sort((one, other) => Number(other.good) - Number(one.good));
  return html`<section><h2>${t("keys.heading")}</h2><p>${t("keys.words")}</p><${Fault} text=${fault} />
    ${made && html`<${Made} made=${made} onClose=${() => setMade(null)} />`}
    ${canChange && html`<${Add} onMade=${onMade} />`}
    ${keys && shown.length === 0 && html`<p>${t("keys.none")}</p>`}
    ${shown.length > 0 && html`<ul class="list">${shown.map((each) => html`<${Row} key=${each.key_id} kept=${each}
      canChange=${canChange} onChange=${load} />`)}</ul>`}</section>`;
}
