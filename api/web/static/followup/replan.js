/** The rest of the day planned anew: what is wished, and how it gets on. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {Progress} from "../office/progress.js";
import {closedOf, goneOf} from "./desk.js";
import {aboardText} from "./words.js";

const BUDGETS_S = [1, 2, 5, 20];

const toggled = (list, id) => (list.includes(id) ? list.filter((each) => each !== id) : [...list, id]);

function Ticks({title, items, chosen, onToggle}) {
  if (!items.length) return null;
  return html`<fieldset><legend>${title}</legend>${items.map(({id, name}) => html`<label key=${id} class="tick">
    <input type="checkbox" checked=${chosen.includes(id)} onChange=${() => onToggle(id)} /><span>${name}</span></label>`)}</fieldset>`;
}

/** What was wished at the stops, told back before it is ordered. */
function Chosen({wishes, today, onWish}) {
  const {t} = useWords();
  const names = new Map(today.routes.flatMap((route) => route.stops.map((stop) => [stop.bin_id, stop.name])));
  const truck = (id) => today.routes.find((route) => route.vehicle_id === id)?.vehicle_name ?? id;
  const lines = [
    ...wishes.exclude.map((id) => [id, t("followup.wish.exclude", {place: names.get(id) ?? id})]),
    ...Object.entries(wishes.lock).map(([id, vehicle]) => [id, t("followup.wish.lock", {place: names.get(id) ?? id, vehicle: truck(vehicle)})]),
  ];
  const drop = (id) => {
    const {[id]: _, ...lock} = wishes.lock;
    onWish({lock, exclude: wishes.exclude.filter((each) => each !== id)});
  };
  return lines.length > 0 && html`<ul class="chosen">${lines.map(([id, line]) => html`<li key=${id}><span>${line}</span>
    <button type="button" class="link" onClick=${() => drop(id)} aria-label=${t("followup.drop_wish_of", {wish: line})}>
      ${t("followup.drop_wish")}</button></li>`)}</ul>`;
}

export function Replan({desk, state}) {
  const {t, format, city} = useWords();
  const {today, wishes, job} = state;
  const gone = goneOf(state);
  const closed = closedOf(state);
  const truckName = (route) => [route.vehicle_name, gone.includes(route.vehicle_id) && aboardText(route, t, format)].filter(Boolean).join(", ");
  const isBusy = Boolean(job && !job.failed);
  const skipped = today.missed.filter((each) => each.why === "skipped" && !each.request_id);
  return html`<section class="panel replan" aria-labelledby="replan-title"><h2 id="replan-title">${t("followup.replan.title")}</h2>
    <p class="quiet">${t("followup.replan.hint")}</p>
    <form onSubmit=${(event) => { event.preventDefault(); desk.replan(); }}>
      <${Ticks} title=${t("followup.replan.gone")} chosen=${gone}
        items=${today.routes.map((route) => ({id: route.vehicle_id, name: truckName(route)}))}
        onToggle=${(id) => desk.wish({gone: toggled(gone, id)})} />
      <${Ticks} title=${t("followup.replan.closed")} chosen=${closed} items=${city.disposal_sites}
        onToggle=${(id) => desk.wish({closed: toggled(closed, id)})} />
      <${Ticks} title=${t("followup.replan.again")} chosen=${wishes.again}
        items=${skipped.map((each) => ({id: each.bin_id, name: `${each.name} (${t(`skip.${each.skip_reason}`).toLocaleLowerCase()})`}))}
        onToggle=${(id) => desk.wish({again: toggled(wishes.again, id)})} />
      <${Chosen} wishes=${wishes} today=${today} onWish=${desk.wish} />
      <div class="order"><label><span>${t("followup.replan.budget")}</span>
        <select value=${wishes.budget_s} onChange=${(event) => desk.wish({budget_s: Number(event.target.value)})}>
          ${BUDGETS_S.map((seconds) => html`<option key=${seconds} value=${seconds}>${t("followup.replan.seconds", {n: seconds})}</option>`)}
        </select></label>
        <button type="submit" class="button primary" disabled=${isBusy}>${t(isBusy ? "plan.making" : "followup.replan.order")}</button></div>
    </form>
    ${job && html`<${Progress} job=${job} onStop=${job.id ? desk.stop : undefined} />`}
  </section>`;
}
