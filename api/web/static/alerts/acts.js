/** Acknowledge, put off: for one alert or for many, with a word on it if somebody has one. */
import {nowMs} from "../lib/clock.js";
import {useWords} from "../lib/context.js";
import {html, useState} from "../lib/html.js";

const HOUR_MS = 3_600_000;
const SNOOZES_H = [1, 4, 24, 168];

const inUtc = (ms) => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");

export function Acts({ids, state = "open", desk}) {
  const {t, format} = useWords();
  const [note, setNote] = useState("");
  const done = (action, more = {}) => {
    desk.act(ids, action, {note: note.trim(), ...more}, t(`alerts.done.${action}`, {n: ids.length}));
    setNote("");
  };
  return html`<input type="text" maxlength="500" class="note" placeholder=${t("alerts.note")} aria-label=${t("alerts.note")} value=${note}
      onInput=${(event) => setNote(event.target.value)} />
    ${state === "open"
      ? html`<button type="button" class="button primary" onClick=${() => done("acknowledged")}>${t("alerts.acknowledge")}</button>
        <select class="button" aria-label=${t("alerts.snooze")} value="" onChange=${(event) => {
          if (event.target.value) done("snoozed", {until_utc: inUtc(nowMs() + Number(event.target.value) * HOUR_MS)});
          event.target.value = "";
        }}><option value="">${t("alerts.snooze")}</option>${SNOOZES_H.map((hours) => html`<option key=${hours} value=${hours}>
          ${t("alerts.snooze_for", {time: format.hours(hours)})}</option>`)}</select>`
      : html`<button type="button" class="button" onClick=${() => done("reopened")}>${t("alerts.reopen")}</button>`}
    <button type="button" class="button" disabled=${!note.trim()} onClick=${() => done("noted")}>${t("alerts.write")}</button>`;
}
