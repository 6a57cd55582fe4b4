/** The alerts that were asked for, the most urgent first, under a heading for each urgency. */
import {nowMs} from "../lib/clock.js";
import {useWords} from "../lib/context.js";
import {Fragment, html} from "../lib/html.js";
import {Pager} from "../lib/pager.js";
import {may} from "../office/may.js";
import {PAGE} from "./desk.js";
import {Mark, numbersOf, StateTag} from "./marks.js";

const HOUR_MS = 3_600_000;

export function Where({alert}) {
  const {t} = useWords();
  const name = alert.place || alert.bin_id || alert.sensor_id || t("alerts.stream");
  const ids = [alert.bin_id, alert.sensor_id, alert.area].filter(Boolean).join(" · ");
  return html`${alert.bin_id ? html`<a class="bin-link" href=${`/?bin=${encodeURIComponent(alert.bin_id)}`}>${name}</a>` : name}
    <small>${ids}</small>`;
}

/** Who did what last; what there is to do is of no use any more. */
function LastAct({alert}) {
  const {t} = useWords();
  const last = alert.actions.at(-1);
  if (!last) return html`<span class="hint">${t("alerts.nothing_done")}</span>`;
  return html`${t(`alerts.action.${last.action}`)}${last.note && `: ${last.note}`}<small>${last.by}</small>`;
}

function Row({alert, chosen, shown, past, choosing, desk}) {
  const {t, format} = useWords();
  const name = t(`alert.${alert.kind}`);
  const lasted = ((alert.ended_utc ? Date.parse(alert.ended_utc) : nowMs()) - Date.parse(alert.raised_utc)) / HOUR_MS;
  const toggle = () => desk.choose(chosen.includes(alert.id) ? chosen.filter((id) => id !== alert.id) : [...chosen, alert.id]);
  return html`<tr class=${`${shown ? "selected" : ""} ${alert.state} ${alert.urgency}`}>
    ${choosing && html`<td class="tick"><label><span class="visually-hidden">${t("alerts.choose", {what: name, where: alert.place})}</span>
      <input type="checkbox" checked=${chosen.includes(alert.id)} onChange=${toggle} /></label></td>`}
    <th scope="row"><span class="what"><${Mark} urgency=${alert.urgency} />
      <button type="button" class="link" aria-pressed=${shown} onClick=${() => desk.show(alert)}>${name}</button></span>
      <small>${numbersOf(alert.values, t, format)}</small></th>
    <td class="place"><${Where} alert=${alert} /></td>
    <td class="since">${t("alerts.ago", {time: format.hours(lasted)})}
      <small>${format.dayTime(alert.raised_utc)}</small></td>
    <td class="todo">${past ? html`<${LastAct} alert=${alert} />` : t(`todo.${alert.kind}`)}</td>
    <td class="verdict"><${StateTag} alert=${alert} /></td></tr>`;
}

/** All on this page at once: a lost gateway is three hundred alerts and one decision. */
function All({state, desk}) {
  const {t} = useWords();
  const ids = state.alerts.map((each) => each.id);
  const every = ids.length > 0 && state.chosen.length === ids.length;
  return html`<label><span class="visually-hidden">${t("alerts.choose_all")}</span>
    <input type="checkbox" checked=${every} disabled=${!ids.length} onChange=${() => desk.choose(every ? [] : ids)} /></label>`;
}

export function AlertList({state, desk}) {
  const {t, format} = useWords();
  const past = state.view === "past";
  const choosing = !past && may("alerts");
  const groups = past ? [["", state.alerts]] : ["now", "today", "later"]
    .map((urgency) => [urgency, state.alerts.filter((each) => each.urgency === urgency)]).filter(([, found]) => found.length);
  const columns = ["what", "where", past ? "lasted" : "since", past ? "done" : "todo", "state"];
  const pages = Math.max(1, Math.ceil(state.total / PAGE));
  return html`<div class="table-box plain alerts" tabindex="0" role="region" aria-label=${t(`alerts.caption.${state.view}`)}>
    <table><caption class="visually-hidden">${t(`alerts.caption.${state.view}`)}</caption>
      <thead><tr>${choosing && html`<td class="tick"><${All} state=${state} desk=${desk} /></td>`}
        ${columns.map((name) => html`<th key=${name} scope="col" class=${`col-${name === "note" ? "todo" : name}`}>${t(`alerts.col.${name}`)}</th>`)}</tr></thead>
      ${groups.map(([urgency, found]) => html`<tbody key=${urgency}>
        ${urgency && html`<tr class=${`group ${urgency}`}><th colspan=${choosing ? 6 : 5} scope="rowgroup"><${Mark} urgency=${urgency} size=${18} />
          ${t(`alerts.urgency.${urgency}`)}${!past && html` <small>${format.whole(state.counts.urgency[urgency] ?? 0)}
            ${" "}${t("alerts.open_of_these")}</small>`}</th></tr>`}
        ${found.map((each) => html`<${Fragment} key=${each.id}><${Row} alert=${each} chosen=${state.chosen}
          shown=${state.shown?.id === each.id} past=${past} choosing=${choosing} desk=${desk} /></${Fragment}>`)}</tbody>`)}
    </table>
    ${!state.alerts.length && state.live && html`<p class="empty">${t(past ? "alerts.none_past" : "alerts.none")}</p>`}
    ${pages > 1 && html`<${Pager} label=${t(`alerts.view.${state.view}`)} page=${Math.floor(state.offset / PAGE)} pages=${pages}
      onPage=${(page) => desk.page(page * PAGE)} />`}</div>`;
}
