/** Who is in, who was seen when, and one touch with one question to shut a tablet out. */
import {nowMs} from "../lib/clock.js";
import {useWords} from "../lib/context.js";
import {html, useEffect, useRef, useState} from "../lib/html.js";
import {may} from "../office/may.js";

const COLUMNS = ["name", "seen", "paired", "state"];

/** The question takes the place of the button, and the focus with it: Enter twice is never enough by accident. */
function Revoke({tablet, onRevoke}) {
  const {t} = useWords();
  const [asking, setAsking] = useState(false);
  const no = useRef(null);
  const first = useRef(null);
  const wasAsking = useRef(false);
  useEffect(() => {
    if (asking) no.current.focus();
    else if (wasAsking.current) first.current?.focus();
    wasAsking.current = asking;
  }, [asking]);
  if (!asking) {
    return html`<button type="button" class="button" ref=${first} aria-label=${t("tablets.revoke_of", {name: tablet.name})}
      onClick=${() => setAsking(true)}>${t("tablets.revoke")}</button>`;
  }
  return html`<div class="question" role="group" aria-label=${t("tablets.sure", {name: tablet.name})}
      onKeyDown=${(event) => event.key === "Escape" && setAsking(false)}>
    <p>${t("tablets.sure", {name: tablet.name})}</p>
    <button type="button" class="button danger" onClick=${() => onRevoke(tablet.tablet_id)}>${t("tablets.revoke")}</button>
    <button type="button" class="button" ref=${no} onClick=${() => setAsking(false)}>${t("tablets.keep")}</button></div>`;
}

function Row({tablet, onRevoke}) {
  const {t, format} = useWords();
  const revoked = tablet.revoked_utc;
  return html`<tr class=${revoked ? "gone" : ""}>
    <th scope="row"><b>${tablet.name}</b><small>${tablet.tablet_id}</small></th>
    <td>${format.timeOrDay(tablet.seen_utc, nowMs())}</td>
    <td>${format.dayTime(tablet.paired_utc)}</td>
    <td>${revoked ? t("tablets.gone", {time: format.dayTime(revoked)}) : may("tablets")
      ? html`<${Revoke} tablet=${tablet} onRevoke=${onRevoke} />` : t("tablets.in")}</td>
  </tr>`;
}

export function TabletList({tablets, onRevoke}) {
  const {t} = useWords();
  if (!tablets) return html`<p class="empty" role="status">${t("app.loading")}</p>`;
  if (!tablets.length) return html`<p class="empty">${t("tablets.none")}</p>`;
  return html`<div class="table-box plain" tabindex="0" role="region" aria-label=${t("tablets.list")}>
    <table><caption class="visually-hidden">${t("tablets.list")}</caption>
      <thead><tr>${COLUMNS.map((name) => html`<th key=${name} scope="col">${t(`tablets.col.${name}`)}</th>`)}</tr></thead>
      <tbody>${tablets.map((each) => html`<${Row} key=${each.tablet_id} tablet=${each} onRevoke=${onRevoke} />`)}</tbody>
    </table></div>`;
}
