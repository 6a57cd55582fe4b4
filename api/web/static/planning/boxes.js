/** Some of several: areas, weekdays. Whoever chooses none is told what that means. */
import {html} from "../lib/html.js";

/** @param {[unknown, string][]} choices What is chosen, and how it is called. */
export function Boxes({legend, choices, chosen, onChosen, hint, disabled = false}) {
  const flip = (value) => onChosen(chosen.includes(value) ? chosen.filter((each) => each !== value)
    : [...chosen, value].sort());
  return html`<fieldset><legend>${legend}</legend><div class="boxes">${choices.map(([value, text]) => html`<label class="check"
    key=${value}><input type="checkbox" checked=${chosen.includes(value)} disabled=${disabled} onChange=${() => flip(value)} />${text}</label>`)}</div>
    ${hint && html`<p class="hint">${hint}</p>`}</fieldset>`;
}
