/** The big buttons: one tap per stop, always at the same place, and deaf to the second half of a double tap. */
import {useWords} from "../lib/context.js";
import {html, useRef, useState} from "../lib/html.js";
import {Icon} from "../lib/icons.js";
import {DEAF_MS} from "./deaf.js";

/** Let the first tap through and none for a moment after it. */
function useOnce() {
  const lastMs = useRef(Number.NEGATIVE_INFINITY);
  return (act) => {
    if (performance.now() - lastMs.current < DEAF_MS) return;
    lastMs.current = performance.now();
    act();
  };
}

/** `Skip`: asks why; comes a moment after the buttons. */
export function Actions({session, stop, reasons, Skip}) {
  const {t} = useWords();
  const once = useOnce();
  const [asking, setAsking] = useState(null);
  const [beside, setBeside] = useState(null); // the stop at which waste lay beside the bin
  const tap = (kind, more) => once(() => session.tap(stop, kind, more));
  const big = (kind, word, picture = "check") => html`<button type="button" class="big go"
    onClick=${() => tap(kind)}><${Icon} name=${picture} size=${34} /><span>${t(word)}</span></button>`;

  let buttons = html`<button type="button" class="big go" disabled><${Icon} name="check" size=${34} />
    <span>${t("driver.all_done")}</span></button>`;
  if (stop?.kind === "collect") {
    const isBeside = beside === stop.key;
    const more = isBeside ? {overflowing: true} : {};
    buttons = html`<button type="button" class="big go" onClick=${() => tap("emptied", more)}><${Icon} name="check" size=${34} />
        <span>${t("driver.emptied")}</span></button>
      <button type="button" class="big quiet" aria-haspopup="dialog" onClick=${() => once(() => setAsking(stop))}>
        <span>${t("driver.skip")}</span></button>
      <button type="button" class="beside" aria-pressed=${isBeside} onClick=${() => setBeside(isBeside ? null : stop.key)}>
        <i aria-hidden="true">${isBeside && html`<${Icon} name="check" />`}</i>${t("driver.beside")}</button>`;
  } else if (stop?.kind === "dispose") {
    buttons = big("unloaded", "driver.unloaded");
  } else if (stop?.kind === "break") {
    buttons = stop.on_break
      ? big("break_ended", "driver.end_break")
      : html`${big("break_started", "driver.start_break", "cup")}
        <button type="button" class="big quiet" onClick=${() => tap("break_ended")}>
          <span>${t("driver.skip_break")}</span></button>`;
  }
  return html`<div class="actions">${buttons}</div>
    ${asking && Skip && html`<${Skip} stop=${asking} reasons=${reasons} onClose=${() => setAsking(null)}
      onReason=${(reason) => {
        setAsking(null);
        session.tap(asking, "skipped", {skip_reason: reason, ...(beside === asking.key && {overflowing: true})});
      }} />`}`;
}
