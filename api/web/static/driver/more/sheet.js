/** What is needed seldom: loaded when it is first opened, so that the next stop never waits for it. */
import {useWords} from "../../lib/context.js";
import {html, useLayoutEffect, useRef, useState} from "../../lib/html.js";
import {Icon} from "../../lib/icons.js";
import {AdHoc} from "./adhoc.js";
import {Report} from "./report.js";
import {Shift} from "./shift.js";
import {SignOut} from "./signout.js";
import {Way} from "./way.js";
import {Weighing} from "./weighing.js";

const VIEWS = {report: Report, adhoc: AdHoc, weighing: Weighing, shift: Shift, way: Way, signout: SignOut};

function Menu({onView, onClose, session, state: {position, positionRefused, paired}}) {
  const {t} = useWords();
  const tile = (view, picture) => html`<button type="button" class="tile" onClick=${() => onView(view)}>
    <${Icon} name=${picture} size=${34} /><span>${t(`more.${view}`)}</span></button>`;
  return html`<div class="tiles">
      ${tile("way", "turn_right")}${tile("report", "danger")}${tile("adhoc", "bin")}${tile("weighing", "weight")}${tile("shift", "route")}
      <button type="button" class="tile" aria-pressed=${position} onClick=${() => session.usePosition(!position)}>
        <${Icon} name="target" size=${34} /><span>${t(position ? "more.position_on" : "more.position_off")}</span></button>
      <button type="button" class="tile" onClick=${() => { onClose(); session.leave(); }}>
        <${Icon} name="truck" size=${34} /><span>${t("driver.change")}</span></button>
      ${paired && tile("signout", "key")}
    </div>
    <p class="hint" role="status">${positionRefused && html`<b>${t("more.position_refused")}</b> `}
      ${t(position ? "driver.privacy_position" : "driver.privacy")}</p>`;
}

export function MoreSheet({session, state, stops, current, first, onClose}) {
  const {t} = useWords();
  const dialog = useRef(null);
  const [view, setView] = useState(first ?? null);
  useLayoutEffect(() => {
    dialog.current.showModal();
  }, []);
  const close = () => dialog.current.close();
  const heading = useRef(null);
  const turnTo = (next) => {
    setView(next);
    heading.current.focus(); // the tile that was pressed is gone
  };
  const back = () => (view && !first ? turnTo(null) : close());
  const View = view && VIEWS[view];
  return html`<dialog class="sheet" ref=${dialog} aria-labelledby="more-title" onClose=${onClose}
      onClick=${(event) => event.target === dialog.current && close()}>
    <div class="sheet-body">
      <h2 id="more-title" tabindex="-1" ref=${heading}>${t(view ? `more.${view}` : "driver.more")}</h2>
      ${View
        ? html`<${View} session=${session} state=${state} stops=${stops} current=${current} onDone=${close} />`
        : html`<${Menu} session=${session} state=${state} onView=${turnTo} onClose=${close} />`}
      <button type="button" class="tile back" autofocus onClick=${back}>${t("app.back")}</button>
    </div>
  </dialog>`;
}
