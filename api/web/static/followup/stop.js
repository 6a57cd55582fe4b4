/** The stop that is looked at: in words, and what may be wished for it in the next re-plan. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {Icon} from "../lib/icons.js";
import {Sign} from "./marks.js";
import {inOrder} from "./scale.js";
import {lateText, outcomeText, placeOf} from "./words.js";

/** @returns {{stop: object, route: object} | null} */
export function findStop(today, selected) {
  const route = selected && today.routes.find((each) => each.vehicle_id === selected.vehicleId);
  const stop = route && inOrder(route).find((each) => each.key === selected.key);
  return stop ? {stop, route} : null;
}

function Wishes({stop, route, routes, wishes, onWish}) {
  const {t} = useWords();
  const isOut = wishes.exclude.includes(stop.bin_id);
  const lock = (vehicleId) => {
    const {[stop.bin_id]: _, ...others} = wishes.lock;
    onWish({lock: vehicleId ? {...others, [stop.bin_id]: vehicleId} : others,
      exclude: wishes.exclude.filter((id) => id !== stop.bin_id)});
  };
  const leave = () => {
    const {[stop.bin_id]: _, ...others} = wishes.lock;
    onWish({lock: others, exclude: isOut ? wishes.exclude.filter((id) => id !== stop.bin_id) : [...wishes.exclude, stop.bin_id]});
  };
  return html`<div class="stop-wishes"><label><span>${t("followup.give_to")}</span>
      <select value=${wishes.lock[stop.bin_id] ?? ""} onChange=${(event) => lock(event.target.value)}>
        <option value="">${t("followup.planner_decides")}</option>
        ${routes.map((each) => html`<option key=${each.vehicle_id} value=${each.vehicle_id}>${each.vehicle_id === route.vehicle_id
          ? t("followup.keep_on", {vehicle: each.vehicle_name}) : each.vehicle_name}</option>`)}</select></label>
    <button type="button" class="button" aria-pressed=${isOut} onClick=${leave}>${t("followup.leave_today")}</button></div>`;
}

export function StopCard({found, today, gone, wishes, onWish, onClose}) {
  const {t, format} = useWords();
  const {stop, route} = found;
  const late = lateText(stop, t, format);
  const remarks = [...stop.flags.map((flag) => t(`flag.${flag}`)), stop.overflowing && t("followup.overflowing"),
    stop.done_by_vehicle_id && t("followup.by_other")].filter(Boolean);
  return html`<section class="stop-card" aria-label=${t("followup.stop")}>
    <header><h2><${Sign} look=${stop.look} />${stop.number ? `${stop.number}. ` : ""}${placeOf(stop, t)}
        <small>${route.vehicle_name}${stop.bin_id ? ` · ${stop.bin_id}` : ""}</small></h2>
      <button type="button" class="icon-button" aria-label=${t("app.close")} onClick=${onClose}><${Icon} name="close" size=${20} /></button></header>
    <p><b>${outcomeText(stop, t, format)}</b>${late && html` · <span class=${stop.is_late ? "warn" : ""}>${late}</span>`}
      <span class="quiet"> · ${stop.planned_utc ? t("followup.planned_at", {time: format.time(stop.planned_utc)})
        : t("followup.not_planned")}</span>
      ${remarks.length > 0 && html`<span class="bad"> · ${remarks.join(", ")}</span>`}</p>
    ${stop.kind === "collect" && stop.state === "todo" && html`<${Wishes} stop=${stop} route=${route}
      routes=${today.routes.filter((each) => !gone.includes(each.vehicle_id))} wishes=${wishes} onWish=${onWish} />`}
  </section>`;
}
