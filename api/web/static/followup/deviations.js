/** What goes otherwise than planned, the gravest first; and what was missed, with its way back into the next plan. */
import {useWords} from "../lib/context.js";
import {html, useState} from "../lib/html.js";
import {deviationText} from "./words.js";

const AT_FIRST = 8;

/** Three steps, by the weights of the server: act now, look into it, good to know. */
export const gravity = (weight) => (weight >= 70 ? "act" : weight >= 30 ? "look" : "know");

export function Deviations({deviations, onOpen}) {
  const {t, format} = useWords();
  const [all, setAll] = useState(false);
  const shown = all ? deviations : deviations.slice(0, AT_FIRST);
  return html`<section class="panel" aria-labelledby="deviations-title"><h2 id="deviations-title">${t("followup.deviations")}
      <span class="count">${format.whole(deviations.length)}</span></h2>
    ${!deviations.length && html`<p class="quiet">${t("followup.as_planned")}</p>`}
    <ul class="deviations">${shown.map((each) => html`<li key=${each.id} class=${gravity(each.weight)}>
      <b>${t(`followup.gravity.${gravity(each.weight)}`)}</b>
      <p>${deviationText(each, t, format)}${each.note && html` <q>${each.note}</q>`}
        <small>${each.at_utc ? format.time(each.at_utc) : ""}
          ${each.bin_id && html` <button type="button" class="link" onClick=${() => onOpen(each)}
            aria-label=${t("followup.show_of", {place: each.name})}>${t("followup.show")}</button>`}</small></p></li>`)}</ul>
    ${deviations.length > AT_FIRST && html`<button type="button" class="button" aria-expanded=${all} onClick=${() => setAll(!all)}>
      ${all ? t("followup.fewer") : t("followup.all_n", {n: deviations.length})}</button>`}
  </section>`;
}

function MissedRow({each, desk}) {
  const {t, format} = useWords();
  const why = each.skip_reason ? t(`skip.${each.skip_reason}`) : t(`followup.missed.${each.why}`);
  return html`<li><p><b>${each.name}</b> <span class="quiet">${each.bin_id}</span><br />${why}
      ${each.p_overflow_24h !== null && html` · ${t("followup.risk", {pct: format.pct(each.p_overflow_24h)})}`}</p>
    ${each.request_id
      ? html`<button type="button" class="button small" onClick=${() => desk.withdraw(each.bin_id, each.request_id)}
          aria-label=${t("followup.withdraw_of", {place: each.name})}>${t("followup.withdraw")}</button>`
      : html`<button type="button" class="button small" onClick=${() => desk.takeBack([each.bin_id])}
          aria-label=${t("followup.take_back_of", {place: each.name})}>${t("followup.take_back")}</button>`}</li>`;
}

export function Missed({missed, desk}) {
  const {t, format} = useWords();
  const [all, setAll] = useState(false);
  const shown = all ? missed : missed.slice(0, AT_FIRST);
  const open = missed.filter((each) => !each.request_id).map((each) => each.bin_id);
  if (!missed.length) return null;
  return html`<section class="panel" aria-labelledby="missed-title"><h2 id="missed-title">${t("followup.missed.title")}
      <span class="count">${format.whole(missed.length)}</span></h2>
    <p class="quiet">${t("followup.missed.hint")}</p>
    <ul class="missed">${shown.map((each) => html`<${MissedRow} key=${each.bin_id} each=${each} desk=${desk} />`)}</ul>
    ${missed.length > AT_FIRST && html`<button type="button" class="button" aria-expanded=${all} onClick=${() => setAll(!all)}>
      ${all ? t("followup.fewer") : t("followup.all_n", {n: missed.length})}</button>`}
    ${open.length > 1 && html`<button type="button" class="button" onClick=${() => desk.takeBack(open)}>
      ${t("followup.take_all_back", {n: open.length})}</button>`}
  </section>`;
}
