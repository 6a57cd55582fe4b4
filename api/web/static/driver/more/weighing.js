/** What the scales said at an unloading: the tap was made at once, the slip comes after it. */
import {useWords} from "../../lib/context.js";
import {html, useState} from "../../lib/html.js";

const KG_PER_TONNE = 1_000;
const MOST_TONNES = 100;

/** @returns {number | null} Kilograms; null when it is no number of tonnes. Comma and point both serve. */
export function kilograms(text) {
  const tonnes = Number(text.trim().replace(",", "."));
  return text.trim() && tonnes >= 0 && tonnes <= MOST_TONNES ? Math.round(tonnes * KG_PER_TONNE) : null;
}

export function Weighing({session, stops, onDone}) {
  const {t} = useWords();
  const [tonnes, setTonnes] = useState("");
  const [ticket, setTicket] = useState("");
  const last = stops.filter((stop) => stop.kind === "dispose" && stop.state === "emptied").at(-1);
  if (!last) return html`<p role="status">${t("weighing.none")}</p>`;
  const kg = kilograms(tonnes);
  const save = () => {
    // By this tablet's clock, as it was said first: the server tells its own time, and would correct that once more.
    const said = session.store.get().records.find((record) => record.key === last.state_event_key);
    const at = said?.event.tapped_utc ?? new Date(last.done_ms).toISOString();
    session.weigh(last, {weight_kg: kg, ticket: ticket.trim(), tapped_utc: at});
    onDone();
  };
  return html`<p>${t("weighing.at", {name: last.name})}</p>
    <div class="form">
      <label><span>${t("weighing.tonnes")}</span>
        <input type="text" inputmode="decimal" value=${tonnes} aria-invalid=${tonnes !== "" && kg === null}
          onInput=${(event) => setTonnes(event.target.value)} /></label>
      <label><span>${t("weighing.ticket")}</span>
        <input type="text" maxlength="64" value=${ticket} onInput=${(event) => setTicket(event.target.value)} /></label>
    </div>
    <button type="button" class="tile" disabled=${kg === null} onClick=${save}>${t("weighing.save")}</button>`;
}
