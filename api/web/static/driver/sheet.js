/** Why is this bin skipped: six big tiles, one tap, and a way back. */
import {useWords} from "../lib/context.js";
import {html, useLayoutEffect, useRef} from "../lib/html.js";
import {Icon} from "../lib/icons.js";

/** The reasons in the order of how often they happen, with their pictures. */
export const SKIP_REASONS = [
  ["blocked", "car"], ["no_access", "lock"], ["already_empty", "bin"],
  ["overloaded", "weight"], ["damaged", "broken"], ["not_safe", "danger"],
];

/** `reasons`: those the city allows; a route kept from before it said so allows all. */
export function SkipSheet({stop, reasons, onReason, onClose}) {
  const {t} = useWords();
  const dialog = useRef(null);
  // Before the next paint: a key pressed at once (Escape) must find the sheet open.
  useLayoutEffect(() => {
    dialog.current.showModal();
  }, []);
  return html`<dialog class="sheet" ref=${dialog} aria-labelledby="sheet-title" onClose=${onClose}
      onClick=${(event) => event.target === dialog.current && dialog.current.close()}>
    <div class="sheet-body">
      <h2 id="sheet-title">${t("driver.skip_title", {n: stop.number})} <small>${stop.name}</small></h2>
      <div class="tiles">
        ${SKIP_REASONS.filter(([reason]) => reasons?.includes(reason) ?? true).map(([reason, picture]) => html`<button type="button" class="tile" key=${reason}
          onClick=${() => { dialog.current.close(); onReason(reason); }}><${Icon} name=${picture} size=${34} />
          <span>${t(`skip.${reason}`)}</span></button>`)}
      </div>
      <button type="button" class="tile back" autofocus onClick=${() => dialog.current.close()}>${t("app.back")}</button>
    </div>
  </dialog>`;
}
