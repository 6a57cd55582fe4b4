/** The work orders, and a form for one that no alert asked for. */
import {nowMs} from "../lib/clock.js";
import {useWords} from "../lib/context.js";
import {html, useState} from "../lib/html.js";
import {may} from "../office/may.js";
import {csvPath} from "./asks.js";
import {Where} from "./list.js";
import {PRIORITIES, PriorityField} from "./side.js";

const KINDS = ["empty_bin", "inspect_bin", "repair_bin", "clean_place", "inspect_sensor", "replace_sensor", "replace_battery",
  "inspect_gateway", "other"];
const STATUSES = ["open", "doing", "done", "cancelled"];
const COLUMNS = ["what", "where", "priority", "status", "note", "asked"];

function NewOrder({desk}) {
  const {t} = useWords();
  const [form, setForm] = useState({kind: "inspect_bin", bin: "", sensor: "", priority: "normal", note: ""});
  const field = (name) => ({value: form[name], onInput: (event) => setForm({...form, [name]: event.target.value})});
  const send = (event) => {
    event.preventDefault();
    const about = {...(form.bin.trim() && {bin_id: form.bin.trim()}), ...(form.sensor.trim() && {sensor_id: form.sensor.trim()})};
    desk.order({kind: form.kind, priority: form.priority, note: form.note.trim(), ...about}, t("work.made"));
  };
  return html`<details class="new-order"><summary class="button">${t("work.new")}</summary>
    <form class="form across" onSubmit=${send}>
      <label>${t("work.kind")}<select value=${form.kind} onChange=${(event) => setForm({...form, kind: event.target.value})}>
        ${KINDS.map((each) => html`<option key=${each} value=${each} selected=${each === form.kind}>${t(`work.kind.${each}`)}</option>`)}</select></label>
      <label>${t("work.bin")}<input type="text" maxlength="128" ...${field("bin")} /></label>
      <label>${t("work.sensor")}<input type="text" maxlength="128" ...${field("sensor")} /></label>
      <${PriorityField} value=${form.priority} onChoose=${(priority) => setForm({...form, priority})} />
      <label class="long">${t("work.note")}<input type="text" maxlength="1000" ...${field("note")} /></label>
      <button type="submit" class="button primary">${t("work.make")}</button></form></details>`;
}

export function WorkList({state, desk}) {
  const {t, format} = useWords();
  const [status, setStatus] = useState("standing");
  const stands = (each) => each.status === "open" || each.status === "doing";
  const found = state.orders.filter((each) => (status === "standing" ? stands(each) : !status || each.status === status));
  found.sort((one, other) => PRIORITIES.indexOf(one.priority) - PRIORITIES.indexOf(other.priority));
  const shownOf = status === "standing" ? ["open", "doing"] : status ? [status] : STATUSES;
  const csv = `${csvPath("work-orders", {})}${shownOf.map((each) => `status=${each}`).join("&")}`;
  return html`<div class="tools"><div class="fields">
      <label><span class="visually-hidden">${t("work.by_status")}</span><select value=${status} aria-label=${t("work.by_status")}
        onChange=${(event) => setStatus(event.target.value)}><option value="standing">${t("work.standing")}</option>
        ${STATUSES.map((each) => html`<option key=${each} value=${each}>${t(`work.status.${each}`)} (${state.orderCounts[each] ?? 0})</option>`)}
        <option value="">${t("work.all")}</option></select></label>
      <p class="count" role="status">${t("work.showing", {n: found.length, shown: format.whole(found.length)})}</p>
      <a class="button as-link" href=${csv} download>${t("alerts.csv")}</a></div>
    ${may("work") && html`<${NewOrder} desk=${desk} />`}</div>
  <div class="table-box plain alerts" tabindex="0" role="region" aria-label=${t("work.caption")}>
    <table><caption class="visually-hidden">${t("work.caption")}</caption>
      <thead><tr>${COLUMNS.map((name) => html`<th key=${name} scope="col" class=${`col-${name === "note" ? "todo" : name}`}>${t(`work.col.${name}`)}</th>`)}</tr></thead>
      <tbody>${found.map((each) => html`<tr key=${each.id} class=${state.order?.id === each.id ? "selected" : ""}>
        <th scope="row"><button type="button" class="link" aria-pressed=${state.order?.id === each.id}
          onClick=${() => desk.showOrder(each.id)}>${t(`work.kind.${each.kind}`)}</button></th>
        <td class="place"><${Where} alert=${each} /></td>
        <td><span class=${`tag priority ${each.priority}`}>${t(`work.priority.${each.priority}`)}</span></td>
        <td><span class=${`tag ${each.status}`}>${t(`work.status.${each.status}`)}</span></td>
        <td class="todo">${each.note}</td>
        <td class="since">${format.timeOrDay(each.created_utc, nowMs())}<small>${each.created_by}</small></td></tr>`)}</tbody></table>
    ${!found.length && state.live && html`<p class="empty">${t("work.none")}</p>`}</div>`;
}
