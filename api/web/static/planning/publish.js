/** Asks before the trucks are told: for which day, in place of what, and which rules are broken. */
import {useWords} from "../lib/context.js";
import {html, useEffect, useRef} from "../lib/html.js";
import {endedUtc} from "../office/planday.js";
import {warningText} from "./numbers.js";

const SHOWN = 8;

export function PublishDialog({desk, state, onClose}) {
  const {t, format} = useWords();
  const {plan, plans} = state;
  const box = useRef(null);
  const warnings = plan.warnings ?? [];
  const ended = endedUtc(plan);
  const former = plans.find((each) => each.status === "published" && each.id !== plan.id);
  useEffect(() => box.current.showModal(), []);
  const send = async () => {
    await desk.publish(warnings.length > 0);
    onClose();
  };
  return html`<dialog class="ask" ref=${box} aria-labelledby="ask-title" onClose=${onClose}>
    <h2 id="ask-title">${t("publish.title", {day: format.day(`${plan.day}T12:00:00Z`)})}</h2>
    <p>${t("publish.what", {n: plan.routes.length})}
      ${former && html` ${t("publish.replaces", {time: format.time(former.created_utc)})}`}</p>
    ${ended && html`<p class="warnings"><b>${t("plan.too_late", {time: format.dayTime(ended)})}</b></p>`}
    ${warnings.length > 0 && html`<div class="warnings"><p><b>${t("planning.warnings", {n: warnings.length})}</b></p>
      <ul>${warnings.slice(0, SHOWN).map((each) => html`<li>${warningText(each, t, format)}</li>`)}</ul>
      ${warnings.length > SHOWN && html`<p>${t("plan.more", {n: warnings.length - SHOWN})}</p>`}</div>`}
    <div class="answers"><button type="button" class="button" onClick=${() => box.current.close()}>${t("publish.cancel")}</button>
      <button type="button" class="button primary" onClick=${send}>
        ${t(warnings.length || ended ? "publish.anyway" : "publish.send")}</button></div></dialog>`;
}
