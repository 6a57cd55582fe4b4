/** What stands above map and table: the same filters hold for both. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {BandMark} from "./bandmark.js";
import {BAND_IDS, PLAN_STATES, SENSOR_STATES} from "./bins.js";

function BandChips({choice, counts, onChoice}) {
  const {t, format} = useWords();
  const flip = (id) => {
    const bands = new Set(choice.bands);
    if (!bands.delete(id)) bands.add(id);
    onChoice({...choice, bands});
  };
  const bands = choice.hour ? BAND_IDS : BAND_IDS.filter((id) => id !== "over");
  return html`<div class="bands" role="group" aria-label=${t("manager.bands_label")}>
    ${bands.map((id) => html`<button type="button" key=${id} class="chip" aria-pressed=${choice.bands.has(id)}
      onClick=${() => flip(id)}><${BandMark} band=${id} /><span>${t(id === "over" ? "manager.over" : `band.${id}`)}</span>
      <b>${format.whole(counts[id])}</b></button>`)}
  </div>`;
}

/** @param {object} lead Stands first in the row of fields, `tail` first below the bands and `file` last. */
export function Filters({lead, file, tail, choice, areas, counts, shown, total, onChoice}) {
  const {t, format, city, language} = useWords();
  const change = (name) => (event) => onChoice({...choice, [name]: event.target.value});
  const select = (name, word, all, choices) => html`<label><span class="visually-hidden">${t(word)}</span>
    <select value=${choice[name]} onChange=${change(name)}><option value="">${t(all)}</option>
      ${choices.map(([value, text]) => html`<option key=${value} value=${value}>${text}</option>`)}</select></label>`;
  const named = areas.filter(Boolean);
  return html`<div class="tools"><div class="fields">${lead}
      ${select("fraction", "manager.fraction", "manager.all_fractions", city.fractions.map((each) => (
        [each.code, language === "sv" ? each.name_sv : each.name_en])))}
      ${named.length > 0 && select("area", "manager.area", "manager.all_areas", named.map((area) => [area, area]))}
      ${select("sensor", "manager.sensor", "manager.all_sensors", SENSOR_STATES.map((state) => (
        [state, t(`sensor.${state}`)])))}
      ${select("plan", "manager.plan", "manager.all_plans", PLAN_STATES.map((state) => (
        [state, t(`plan_state.${state}`)])))}
      <label><span class="visually-hidden">${t("manager.search")}</span>
        <input type="search" placeholder=${t("manager.search_hint")} value=${choice.q} onInput=${change("q")} /></label>
    </div>
    <${BandChips} choice=${choice} counts=${counts} onChoice=${onChoice} />
    <div class="below">${tail}
      <p class="count" role="status">${t("manager.showing", {shown: format.whole(shown), total: format.whole(total), n: total})}</p>
      ${file}</div>
  </div>`;
}
