/** Beside the list: one alert with what to do and what was done, or one work order with its history. */
import {useWords} from "../lib/context.js";
import {html, useEffect, useRef, useState} from "../lib/html.js";
import {Icon} from "../lib/icons.js";
import {may} from "../office/may.js";
import {Acts} from "./acts.js";
import {Where} from "./list.js";
import {Mark, numbersOf, StateTag} from "./marks.js";

export const PRIORITIES = ["high", "normal", "low"];
const NEXT = {open: ["doing", "done", "cancelled"], doing: ["done", "open", "cancelled"], done: ["open"], cancelled: ["open"]};

/** The heading takes the focus: whoever opened the panel by keyboard is in it. */
function Heading({children, onClose}) {
  const {t} = useWords();
  const heading = useRef(null);
  useEffect(() => heading.current?.focus(), []);
  return html`<header><h2 tabindex="-1" ref=${heading}>${children}</h2>
    <button type="button" class="button" onClick=${onClose} aria-label=${t("app.close")}><${Icon} name="close" size=${20} /></button></header>`;
}

function Action({action}) {
  const {t, format} = useWords();
  const until = action.until_utc ? ` ${t("alerts.until", {time: format.dayTime(action.until_utc)})}` : "";
  return html`<li><b>${t(`alerts.action.${action.action}`)}${until}</b>
    <small>${action.by} · ${format.dayTime(action.at_utc)}</small>${action.note && html`<p>${action.note}</p>`}</li>`;
}

function OrderFrom({alert, desk}) {
  const {t} = useWords();
  const [priority, setPriority] = useState(alert.urgency === "now" ? "high" : "normal");
  const [note, setNote] = useState("");
  return html`<form class="form" onSubmit=${(event) => {
    event.preventDefault();
    desk.order({alert_id: alert.id, priority, note: note.trim()}, t("work.made"));
  }}><h3>${t("work.from_alert")}</h3>
    <${PriorityField} value=${priority} onChoose=${setPriority} />
    <label>${t("work.note")}<textarea rows="2" maxlength="1000" value=${note} onInput=${(event) => setNote(event.target.value)}></textarea></label>
    <button type="submit" class="button wide">${t("work.make")}</button></form>`;
}

export function PriorityField({value, onChoose}) {
  const {t} = useWords();
  return html`<label>${t("work.priority")}<select value=${value} onChange=${(event) => onChoose(event.target.value)}>
    ${PRIORITIES.map((each) => html`<option key=${each} value=${each} selected=${each === value}>${t(`work.priority.${each}`)}</option>`)}</select></label>`;
}

export function AlertPanel({alert, desk}) {
  const {t, format} = useWords();
  const isOrdered = alert.work_orders.some((each) => each.status === "open" || each.status === "doing");
  return html`<div class="panel"><${Heading} onClose=${desk.closeSide}>${t(`alert.${alert.kind}`)}</${Heading}>
    <p class="facts"><${Mark} urgency=${alert.urgency} /> <b>${t(`alerts.urgency.${alert.urgency}`)}</b> <${StateTag} alert=${alert} /></p>
    <p class="where"><${Where} alert=${alert} /></p>
    <p class="todo-box">${t(`todo.${alert.kind}`)}</p>
    <p>${t("alerts.since_long", {time: format.dayTime(alert.raised_utc)})} ${numbersOf(alert.values, t, format)}</p>
    ${!alert.ended_utc && may("alerts") && html`<section class="form" aria-label=${t("alerts.act")}><h3>${t("alerts.act")}</h3>
      <${Acts} ids=${[alert.id]} state=${alert.state} desk=${desk} /></section>`}
    ${alert.work_orders.length > 0 && html`<section><h3>${t("work.title")}</h3><ul class="rows">${alert.work_orders.map((each) => html`<li
      key=${each.id}><button type="button" class="link" onClick=${() => desk.showOrder(each.id)}>${t("work.open_it")}</button>
      <span class=${`tag ${each.status}`}>${t(`work.status.${each.status}`)}</span></li>`)}</ul></section>`}
    ${!alert.ended_utc && !isOrdered && may("work") && html`<${OrderFrom} key=${alert.id} alert=${alert} desk=${desk} />`}
    <section><h3>${t("alerts.done_so_far")}</h3>${alert.actions.length
      ? html`<ol class="steps">${[...alert.actions].reverse().map((each, index) => html`<${Action} key=${index} action=${each} />`)}</ol>`
      : html`<p class="hint">${t("alerts.nothing_done")}</p>`}</section></div>`;
}

export function OrderPanel({order, desk}) {
  const {t, format} = useWords();
  const [note, setNote] = useState("");
  const step = (change) => {
    desk.step(order, {note: note.trim(), ...change}, t("work.changed"));
    setNote("");
  };
  return html`<div class="panel"><${Heading} onClose=${desk.closeSide}>${t(`work.kind.${order.kind}`)}</${Heading}>
    <p class="facts"><span class=${`tag ${order.status}`}>${t(`work.status.${order.status}`)}</span>
      <span class=${`tag priority ${order.priority}`}>${t(`work.priority.${order.priority}`)}</span></p>
    <p class="where"><${Where} alert=${order} /></p>
    ${order.note && html`<p class="todo-box">${order.note}</p>`}
    ${order.alert_over && (order.status === "open" || order.status === "doing") && html`<p class="hint">${t("work.alert_over")}</p>`}
    ${may("work") && html`<section class="form" aria-label=${t("work.step")}><h3>${t("work.step")}</h3>
      <label>${t("work.step_note")}<textarea rows="2" maxlength="1000" value=${note} onInput=${(event) => setNote(event.target.value)}></textarea></label>
      ${NEXT[order.status].map((status, index) => html`<button type="button" key=${status} class=${`button wide ${index ? "" : "primary"}`}
        onClick=${() => step({status})}>${t(`work.to.${status}`)}</button>`)}
      <${PriorityField} value=${order.priority} onChoose=${(priority) => step({priority})} /></section>`}
    <section><h3>${t("work.history")}</h3><ol class="steps">
      ${[...order.history].reverse().map((each) => html`<li key=${each.revision}><b>${t(`work.status.${each.status}`)}</b>
        <small>${each.by} · ${format.dayTime(each.at_utc)} · ${t(`work.priority.${each.priority}`)}</small>${each.note && html`<p>${each.note}</p>`}</li>`)}
      <li><b>${t("work.created")}</b><small>${order.created_by} · ${format.dayTime(order.created_utc)}</small></li></ol></section></div>`;
}
