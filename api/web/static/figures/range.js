/** Which days, added up how. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {lastDays} from "./desk.js";

const PRESETS = [7, 28, 91, 365];
const SPANS = ["day", "week", "month"];

export function Range({state, desk}) {
  const {t} = useWords();
  const isChosen = (days) => {
    const {from, to} = lastDays(days, desk.timezone);
    return from === state.from && to === state.to;
  };
  const day = (name) => html`<label class="field"><span>${t(`figures.${name}`)}</span><input type="date"
    value=${state[name]} onChange=${(event) => desk.choose({[name]: event.target.value})} /></label>`;
  return html`<div class="range"><h2>${t("figures.title")}</h2>
    <div class="choices" role="group" aria-label=${t("figures.days")}>${PRESETS.map((days) => html`<button type="button"
      key=${days} aria-pressed=${isChosen(days)} onClick=${() => desk.choose(lastDays(days, desk.timezone))}>
      ${t(`figures.last.${days}`)}</button>`)}</div>
    ${day("from")}${day("to")}
    <div class="choices" role="group" aria-label=${t("figures.by")}>${SPANS.map((by) => html`<button type="button" key=${by}
      aria-pressed=${state.by === by} onClick=${() => desk.choose({by})}>${t(`figures.by.${by}`)}</button>`)}</div></div>`;
}
