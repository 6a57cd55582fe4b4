/** What strangers may read: nothing, until a manager ticks it here. */
import {Fault, Field, sending, useDeed} from "../account/form.js";
import {send} from "../assets/api.js";
import {ask} from "../lib/api.js";
import {useWords} from "../lib/context.js";
import {html, useEffect, useState} from "../lib/html.js";

const LICENCES = ["CC0-1.0", "CC-BY-4.0"];
const FILLS = ["none", "quarters", "tenths"];
const without = (list, one) => list.filter((each) => each !== one);
const flipped = (list, one) => list.includes(one) ? without(list, one) : [...list, one];

/** A list of things to open, each with how many bins it is. */
function Ticks({legend, choices, chosen, disabled, onChange}) {
  const {format} = useWords();
  return html`<fieldset class="roles ticks"><legend>${legend}</legend>${choices.map(({key, label, bins}) => html`
    <label key=${key}><input type="checkbox" checked=${chosen.includes(key)} disabled=${disabled}
      onChange=${() => onChange(flipped(chosen, key))} />${label} <small>${format.whole(bins)}</small></label>`)}</fieldset>`;
}

function Choice({name, label, value, options, word, disabled, onChange}) {
  const {t} = useWords();
  return html`<label class="field"><b>${label}</b><select name=${name} value=${value} disabled=${disabled}
    onChange=${(event) => onChange(event.target.value)}>${options.map((each) => html`<option key=${each}
      value=${each} selected=${each === value}>${t(`${word}${each}`)}</option>`)}</select></label>`;
}

/** What is open now, in one sentence, and where it lies. */
function State({shown}) {
  const {t, format} = useWords();
  const isOpen = shown.addresses.length > 0;
  const small = shown.bins_small > 0 ? t("open.small", {n: shown.bins_small, bins: format.whole(shown.bins_small)}) : "";
  return html`<div role="status"><p class=${isOpen ? "good" : ""}>
      ${isOpen ? t("open.now", {n: shown.bins_open, bins: format.whole(shown.bins_open)}) : t("open.shut")} ${small}</p>
    ${isOpen && html`<ul class="addresses">${shown.addresses.map((each) => html`<li key=${each}>
      <a href=${each}>${each}</a></li>`)}</ul>`}</div>`;
}

/** As the server takes it: numbers as numbers, names as a list. */
function body(draft) {
  const {fractions, areas, place_names, fill, licence, contact_email} = draft;
  return {
    fractions, areas, place_names, fill, licence, contact_email: contact_email.trim(),
    volume_min_l: Number(draft.volume_min_l), delay_h: Number(draft.delay_h),
    withheld_bin_ids: draft.withheld.split(/[\s,]+/).filter(Boolean),
  };
}

const draftOf = (shown) => ({...shown, withheld: shown.withheld_bin_ids.join(", ")});

function Form({shown, canChange, onSaved}) {
  const {t, language} = useWords();
  const {busy, fault, run} = useDeed();
  const [draft, setDraft] = useState(() => draftOf(shown));
  useEffect(() => setDraft(draftOf(shown)), [shown.revision]);
  const set = (name) => (value) => setDraft({...draft, [name]: value});
  const save = async () => {
    const saved = await run(() => send("/open-data/settings", {
      method: "PUT", json: body(draft), seen: `"${shown.revision}"`,
    }));
    if (saved) onSaved(saved.body);
  };
  const streams = shown.choices_fractions.map(({code, name_sv, name_en, bins}) => ({
    key: code, label: language === "sv" ? name_sv : name_en, bins,
  }));
  const areas = shown.choices_areas.map(({area, bins}) => ({key: area, label: area || t("open.no_area"), bins}));
  const disabled = !canChange;
  return html`<form onSubmit=${sending(save)}>
    <${Ticks} legend=${t("field.fractions")} choices=${streams} chosen=${draft.fractions} disabled=${disabled}
      onChange=${set("fractions")} />
    <${Ticks} legend=${t("field.areas")} choices=${areas} chosen=${draft.areas} disabled=${disabled} onChange=${set("areas")} />
    <div class="pair"><${Choice} name="fill" label=${t("field.fill")} value=${draft.fill} options=${FILLS} word="open.fill."
        disabled=${disabled} onChange=${set("fill")} />
      <${Field} name="delay_h" type="number" min="0" max="168" label=${t("field.delay_h")} value=${draft.delay_h}
        onInput=${set("delay_h")} hint=${t("open.delay_hint")} disabled=${disabled} required />
      <${Field} name="volume_min_l" type="number" min="0" max="100000" label=${t("field.volume_min_l")}
        value=${draft.volume_min_l} onInput=${set("volume_min_l")} hint=${t("open.volume_hint")} disabled=${disabled} required />
      <${Field} name="withheld_bin_ids" label=${t("field.withheld_bin_ids")} value=${draft.withheld} onInput=${set("withheld")}
        hint=${t("open.withheld_hint")} disabled=${disabled} autocomplete="off" />
      <${Choice} name="licence" label=${t("field.licence")} value=${draft.licence} options=${LICENCES} word="open.licence."
        disabled=${disabled} onChange=${set("licence")} />
      <${Field} name="contact_email" type="email" label=${t("field.contact_email")} value=${draft.contact_email}
        onInput=${set("contact_email")} hint=${t("open.contact_hint")} disabled=${disabled} autocomplete="off" /></div>
    <div class="roles"><label><input type="checkbox" checked=${draft.place_names} disabled=${disabled}
      onChange=${() => set("place_names")(!draft.place_names)} />${t("open.place_names")}</label></div>
    <${Fault} text=${fault} />
    ${canChange && html`<button class="button primary" disabled=${busy}>${t("open.save")}</button>`}</form>`;
}

export function OpenData({canChange}) {
  const {t} = useWords();
  const {fault, run} = useDeed();
  const [shown, setShown] = useState(null);
  useEffect(() => {
    run(async () => setShown(await ask("/open-data/settings")));
  }, []);
  return html`<section><h2>${t("open.heading")}</h2><p>${t("open.words")}</p><${Fault} text=${fault} />
    ${shown && html`<${State} shown=${shown} /><${Form} shown=${shown} canChange=${canChange} onSaved=${setShown} />`}</section>`;
}
