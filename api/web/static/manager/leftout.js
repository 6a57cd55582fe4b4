/** Every bin that is not on the plan, gathered by why. */
import {useWords} from "../lib/context.js";
import {html, useMemo, useState} from "../lib/html.js";
import {reasonText, reasonTitle} from "../lib/reasons.js";

const AT_ONCE = 20;

/** @returns {Array<[string, object[]]>} Left-out bins by their first reason, the largest group last. */
export function groupByReason(leftOut) {
  const groups = new Map();
  for (const each of leftOut) {
    const code = each.reasons[0].code;
    if (!groups.has(code)) groups.set(code, []);
    groups.get(code).push(each);
  }
  return [...groups].sort(([, one], [, other]) => one.length - other.length);
}

function Group({code, members, byId, onOpen}) {
  const {t, format} = useWords();
  const [shown, setShown] = useState(0);
  const name = (id) => byId.get(id)?.name ?? id;
  return html`<details onToggle=${(event) => setShown(event.currentTarget.open ? Math.max(shown, AT_ONCE) : 0)}>
    <summary><span>${reasonTitle(code, t)}</span><b>${t("plan.left_out_count", {n: members.length})}</b></summary>
    <ul>${members.slice(0, shown).map((each) => html`<li key=${each.bin_id}>
      <button type="button" class="link" onClick=${() => onOpen(each.bin_id)}>${name(each.bin_id)}</button>
      <p>${each.reasons.map((reason) => reasonText(reason, t, format)).join(" ")}</p></li>`)}</ul>
    ${shown > 0 && members.length > shown && html`<button type="button" class="button" onClick=${() => setShown(shown + 100)}>
      ${t("plan.more", {n: members.length - shown})}</button>`}
  </details>`;
}

export function LeftOutList({plan, byId, onOpen}) {
  const {t} = useWords();
  const groups = useMemo(() => groupByReason(plan.left_out), [plan]);
  if (!groups.length) return null;
  return html`<section class="left-out"><h3>${t("plan.left_out")} <small>
    ${t("plan.left_out_count", {n: plan.left_out.length})}</small></h3>
    ${groups.map(([code, members]) => html`<${Group} key=${code} code=${code} members=${members} byId=${byId}
      onOpen=${onOpen} />`)}</section>`;
}
