/** Which bins are looked at: the same filters hold for map and table. */
import {BANDS, bandOf, countByBand} from "../lib/bands.js";
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";

export const NO_FILTER = {bands: new Set(BANDS.map((band) => band.id)), fraction: "", sensor: "", words: ""};

const SENSOR_STATES = ["ok", "silent", "odd", "none"];
const lowered = (text) => text.toLocaleLowerCase();

/** Whether the filters let the bin through, the bands apart. */
function passesRest(bin, {fraction, sensor, words}) {
  if (fraction && bin.fraction !== fraction) return false;
  if (sensor && bin.sensor_state !== sensor) return false;
  return !words || lowered(`${bin.name} ${bin.id}`).includes(lowered(words));
}

/** Whether the filters let the bin through, the bands included. */
export const passes = (bin, filters) => filters.bands.has(bandOf(bin.fill_fraction)) && passesRest(bin, filters);

/** @returns {{shown: object[], counts: Record<string, number>}} Counts ignore the bands, so a hidden band has one. */
export function applyFilters(bins, filters) {
  const rest = bins.filter((bin) => passesRest(bin, filters));
  return {
    shown: rest.filter((bin) => filters.bands.has(bandOf(bin.fill_fraction))),
    counts: countByBand(rest),
  };
}

/** A band's sign: the same shape, colour and outline as on the map. */
export function BandMark({band, size = 22}) {
  const shapes = {
    none: html`<circle cx="12" cy="12" r="5" fill="var(--none-fill)" stroke="var(--none-line)" stroke-dasharray="2.6 2.2" />`,
    low: html`<circle cx="12" cy="12" r="4.5" fill="var(--low)" stroke="var(--surface)" />`,
    mid: html`<circle cx="12" cy="12" r="6.5" fill="var(--mid)" stroke="var(--mark-line)" />`,
    high: html`<path d="M12 3.500L20.500 12 12 20.500 3.500 12z" fill="var(--high)" stroke="var(--mark-line)" />`,
    full: html`<g><path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" fill="var(--full)" stroke="var(--mark-line)" />
      <path d="M12 6.500v6.500M12 16.200v1.600" stroke="var(--surface)" stroke-width="2.600" /></g>`,
  };
  return html`<svg class="mark" width=${size} height=${size} viewBox="0 0 24 24" stroke-width="1.6"
    aria-hidden="true" focusable="false">${shapes[band]}</svg>`;
}

function BandChips({filters, counts, onFilters}) {
  const {t, format} = useWords();
  const flip = (id) => {
    const bands = new Set(filters.bands);
    if (!bands.delete(id)) bands.add(id);
    onFilters({...filters, bands});
  };
  return html`<div class="bands" role="group" aria-label=${t("manager.bands_label")}>
    ${BANDS.map(({id}) => html`<button type="button" key=${id} class="chip" aria-pressed=${filters.bands.has(id)}
      onClick=${() => flip(id)}><${BandMark} band=${id} /><span>${t(`band.${id}`)}</span>
      <b>${format.whole(counts[id])}</b></button>`)}
  </div>`;
}

/** The tools above map and table: `lead` stands first in the row of fields. */
export function Filters({lead, filters, counts, shown, total, onFilters}) {
  const {t, city, language} = useWords();
  const change = (name) => (event) => onFilters({...filters, [name]: event.target.value});
  const select = (name, word, all, choices) => html`<label><span class="visually-hidden">${t(word)}</span>
    <select value=${filters[name]} onChange=${change(name)}><option value="">${t(all)}</option>
      ${choices.map(([value, text]) => html`<option key=${value} value=${value}>${text}</option>`)}</select></label>`;
  return html`<div class="tools"><div class="fields">${lead}
      ${select("fraction", "manager.fraction", "manager.all_fractions", city.fractions.map((each) => (
        [each.code, language === "sv" ? each.name_sv : each.name_en])))}
      ${select("sensor", "manager.sensor", "manager.all_sensors", SENSOR_STATES.map((state) => (
        [state, t(`sensor.${state}`)])))}
      <label><span class="visually-hidden">${t("manager.search")}</span>
        <input type="search" placeholder=${t("manager.search_hint")} value=${filters.words}
          onInput=${change("words")} /></label>
      <p class="count" role="status">${t("manager.showing", {shown, n: total})}</p>
    </div>
    <${BandChips} filters=${filters} counts=${counts} onFilters=${onFilters} />
  </div>`;
}
