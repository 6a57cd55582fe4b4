/** Says what was just done, and takes it back within eight seconds. It lies over the map, never over a button. */
import {useWords} from "../lib/context.js";
import {html, useEffect} from "../lib/html.js";
import {Icon} from "../lib/icons.js";

const SHOWN_MS = 8_000;

export function Toast({session, toast}) {
  const {t} = useWords();
  useEffect(() => {
    if (!toast) return undefined;
    const timer = setTimeout(session.hideToast, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [toast]);
  const undo = () => session.undo(toast.record);
  return html`<div class="toast-place" role="status">${toast && html`<div class="toast">
    <span>${t(`driver.toast.${toast.kind}`, {name: toast.record.name})}</span>
    ${toast.kind !== "undone" && toast.kind !== "reported" && html`<button type="button" class="big quiet" onClick=${undo}>
      <${Icon} name="undo" /><span>${t("driver.undo")}</span></button>`}
  </div>`}</div>`;
}
