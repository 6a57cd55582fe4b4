/** Days on which no truck comes: a feast among the weekdays of the schedule. */
import {useWords} from "../lib/context.js";
import {html, useState} from "../lib/html.js";

/** Those that still lie ahead; what is over counts for no plan any more. */
export const stillAhead = (days, today) => days.filter((day) => day >= today);

/** @param {string[]} chosen As 2026-12-25, in order. */
export function DaysOff({chosen, today, disabled, onChosen}) {
  const {t, format} = useWords();
  const [day, setDay] = useState("");
  const add = () => {
    onChosen([...new Set([...chosen, day])].sort());
    setDay("");
  };
  const name = (each) => `${format.day(`${each}T12:00:00Z`)} ${each.slice(0, 4)}`;
  return html`<fieldset class="days-off"><legend>${t("schedule.days_off")}</legend>
    ${chosen.length > 0 && html`<ul>${chosen.map((each) => html`<li key=${each}>${name(each)}
      ${!disabled && html`<button type="button" class="button" aria-label=${t("schedule.day_on", {day: name(each)})}
        onClick=${() => onChosen(chosen.filter((other) => other !== each))}>${t("schedule.remove")}</button>`}</li>`)}</ul>`}
    ${!disabled && html`<div class="add-day"><label class="field"><span>${t("schedule.day_off")}</span>
      <input type="date" min=${today} value=${day} onInput=${(event) => setDay(event.target.value)} /></label>
      <button type="button" class="button" disabled=${!day || day < today} onClick=${add}>${t("schedule.add_day")}</button></div>`}
    <p class="hint">${t("schedule.days_off_hint")}</p></fieldset>`;
}
