/** The last few things the trucks did, newest first. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";

export function Feed({state}) {
  const {t, format} = useWords();
  const {feed, byId, plan} = state;
  const vehicle = (id) => plan.routes.find((route) => route.vehicle_id === id)?.vehicle_name ?? id;
  const why = ({skip_reason: skip, report}) => {
    if (report) return t(`report_kind.${report}`).toLocaleLowerCase();
    return skip ? t(`skip.${skip}`).toLocaleLowerCase() : "";
  };
  const line = (event) => t(`feed.${event.kind}`, {
    vehicle: vehicle(event.vehicle_id), place: byId.get(event.bin_id)?.name ?? event.bin_id ?? "",
    reason: why(event),
  });
  return html`<section><h3>${t("plan.feed")}</h3>
    ${!feed.length && html`<p class="hint">${t("plan.feed_empty")}</p>`}
    <ul class="feed">${feed.map((event) => html`<li key=${event.key}><time>${format.time(event.tapped_utc)}</time>
      <span>${line(event)}${event.note && ` “${event.note}”`}
        ${event.flags?.map((flag) => html` <strong key=${flag}>${t(`flag.${flag}`)}</strong>`)}</span></li>`)}</ul></section>`;
}
