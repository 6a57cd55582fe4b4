/** A report to the office: what is wrong, at which bin, in a few words if one likes. Kept like every tap. */
import {useWords} from "../../lib/context.js";
import {html, useState} from "../../lib/html.js";
import {Icon} from "../../lib/icons.js";

const KINDS = [
  ["overflowing", "bin"], ["bin_damaged", "broken"], ["sensor_damaged", "target"], ["access", "lock"], ["other", "why"],
];
const NOTE_MAX = 500;

/** The field's limit may cut a picture character in two; half of one is no text. */
const wellFormed = (text) => new TextDecoder().decode(new TextEncoder().encode(text));

export function Report({session, stops, current, onDone}) {
  const {t} = useWords();
  const bins = stops.filter((stop) => stop.kind === "collect");
  const [binId, setBinId] = useState(current?.bin_id ?? "");
  const [note, setNote] = useState("");
  const send = (report) => {
    const stop = bins.find((each) => each.bin_id === binId);
    session.report(report, wellFormed(note.trim()), stop ?? null);
    onDone();
  };
  return html`<div class="form">
    <label><span>${t("report.where")}</span>
      <select value=${binId} onChange=${(event) => setBinId(event.target.value)}>
        <option value="">${t("report.no_bin")}</option>
        ${bins.map((stop) => html`<option key=${stop.key} value=${stop.bin_id}>${stop.number}. ${stop.name}</option>`)}
      </select></label>
    <label><span>${t("report.note")}</span>
      <input type="text" maxlength=${NOTE_MAX} value=${note} onInput=${(event) => setNote(event.target.value)} /></label>
  </div>
  <div class="tiles">
    ${KINDS.map(([kind, picture]) => html`<button type="button" class="tile" key=${kind} onClick=${() => send(kind)}>
      <${Icon} name=${picture} size=${34} /><span>${t(`report_kind.${kind}`)}</span></button>`)}
  </div>`;
}
