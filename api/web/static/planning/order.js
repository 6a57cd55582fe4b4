/** What to plan with: trucks, their hours and crews, how much risk, how long the search may take. */
import {useWords} from "../lib/context.js";
import {html, useEffect, useState} from "../lib/html.js";
import {Boxes} from "./boxes.js";
import {Curve} from "./curve.js";

const BUDGETS_S = [5, 20, 60, 180, 600];
const DAY_S = 86_400;

const two = (value) => String(value).padStart(2, "0");
/** 21600 -> "06:00", as the field for a time of day wants it. */
export const clockText = (seconds) => `${two(Math.floor((seconds % DAY_S) / 3600))}:${two(Math.floor((seconds % 3600) / 60))}`;

/**
 * What holds for a truck when nobody says anything else: the city's own or, of the plan on the road, what its day was
 * ordered with.
 */
export const asDecided = (vehicle, ordered) => {
  const shift = ordered?.shifts[vehicle.id] ?? vehicle.shift;
  return {
    isOn: ordered?.vehicle_ids.includes(vehicle.id) ?? true, start: clockText(shift.start_s), end: clockText(shift.end_s),
    crew: ordered?.crews[vehicle.id] ?? "",
  };
};

/** Only what differs from what holds anyway is told, so that a truck's hours past midnight stay as they are. */
export function orderBody(vehicles, choices, {budgetS, risk, areas, closed, balanced, keepEditsOf, replanOf, ordered}) {
  const decided = (id) => asDecided(vehicles.find((each) => each.id === id), ordered);
  const chosen = vehicles.map((each) => each.id).filter((id) => choices[id].isOn);
  const changed = chosen.filter((id) => (
    choices[id].start !== decided(id).start || choices[id].end !== decided(id).end));
  const crews = chosen.filter((id) => choices[id].crew.trim() !== decided(id).crew);
  const isSameFleet = vehicles.every(({id}) => choices[id].isOn === decided(id).isOn);
  const broken = ordered?.unavailable_vehicle_ids ?? [];
  return {
    ...(!(replanOf && isSameFleet) && {vehicle_ids: chosen}),
    ...(broken.some((id) => chosen.includes(id))
      && {unavailable_vehicle_ids: broken.filter((id) => !chosen.includes(id))}),
    ...(changed.length && {shifts: Object.fromEntries(changed.map((id) => (
      [id, {start: choices[id].start, end: choices[id].end}])))}),
    ...(crews.length && {crews: Object.fromEntries(crews.map((id) => [id, choices[id].crew.trim()]))}),
    ...(areas && {areas}),
    ...(closed && {closed_disposal_site_ids: closed}),
    ...(budgetS && {budget_s: budgetS}),
    ...(risk !== null && {risk}),
    ...(balanced !== null && {balanced}),
    ...(keepEditsOf && {keep_edits_of: keepEditsOf}),
    ...(replanOf && {replan_of: replanOf}),
  };
}

function Truck({vehicle, choice, onChange}) {
  const {t} = useWords();
  const field = (name, type, word) => html`<label><span class="visually-hidden">${t(word, {vehicle: vehicle.name})}</span>
    <input type=${type} value=${choice[name]} disabled=${!choice.isOn} required=${type === "time"} maxlength="32"
      placeholder=${type === "text" ? t("order.crew_hint") : ""}
      onInput=${(event) => onChange({[name]: event.target.value})} /></label>`;
  return html`<li class="truck-choice">
    <label class="check"><input type="checkbox" checked=${choice.isOn}
      onChange=${(event) => onChange({isOn: event.target.checked})} /><b>${vehicle.name}</b></label>
    <div class="hours">${field("start", "time", "order.start_of")}<span aria-hidden="true">–</span>
      ${field("end", "time", "order.end_of")}${field("crew", "text", "order.crew_of")}</div></li>`;
}

/** The whole city, or some of its parts: a district on its own, a feast's quarter. */
function Areas({known, chosen, onChosen}) {
  const {t, format} = useWords();
  const named = known.filter(Boolean);
  if (named.length < 2) return null;
  return html`<details class="areas-box"><summary><span>${t("schedule.areas")}</span><small>${chosen.length
    ? t("order.areas_of", {chosen: format.whole(chosen.length), all: format.whole(named.length)})
    : t("order.areas_all")}</small></summary>
    <${Boxes} legend=${html`<span class="visually-hidden">${t("schedule.areas")}</span>`} hint=${t("schedule.areas_hint")}
      choices=${named.map((each) => [each, each])} chosen=${chosen} onChosen=${onChosen} /></details>`;
}

/** Where nothing is unloaded on that day: a fire, a strike, broken scales. */
function Closed({sites, chosen, onChosen}) {
  const {t, format} = useWords();
  if (!sites.length) return null;
  return html`<details class="areas-box"><summary><span>${t("order.closed")}</span><small>${chosen.length
    ? t("order.areas_of", {chosen: format.whole(chosen.length), all: format.whole(sites.length)})
    : t("order.closed_none")}</small></summary>
    <${Boxes} legend=${html`<span class="visually-hidden">${t("order.closed")}</span>`} hint=${t("order.closed_hint")}
      choices=${sites.map((each) => [each.id, each.name])} chosen=${chosen} onChosen=${onChosen} /></details>`;
}

function Check({isOn, word, onFlip}) {
  const {t} = useWords();
  return html`<label class="check"><input type="checkbox" checked=${isOn} onChange=${() => onFlip(!isOn)} />${t(word)}</label>`;
}

/** What the change of the plan on the road begins with; null for an order of its own, undefined until it is known. */
function useOrdered(desk, state, replanOf) {
  useEffect(() => {
    if (replanOf) desk.askOrdered(replanOf);
  }, [replanOf]);
  if (!replanOf) return null;
  return state.ordered?.plan_id === replanOf ? state.ordered : undefined;
}

export function OrderForm({desk, state, onOrdered}) {
  const {t, city, format} = useWords();
  const {plan} = state;
  const [changes, setChanges] = useState({});
  const [budgetS, setBudget] = useState(20);
  const [risk, setRisk] = useState(null);
  const [areas, setAreas] = useState(null);
  const [closed, setClosed] = useState(null);
  const [balanced, setBalanced] = useState(null);
  const [goesOn, setGoesOn] = useState(true);
  const isDraft = plan?.status === "draft";
  const isDriven = plan?.status === "published" && state.day === desk.today();
  const replanOf = isDriven && goesOn && plan.id;
  const ordered = useOrdered(desk, state, replanOf);
  const goesOnFrom = ordered ?? (isDraft && goesOn ? plan : null);
  const isBusy = Boolean(state.job && !state.job.failed);
  const choices = Object.fromEntries(city.vehicles.map((each) => [each.id, {...asDecided(each, ordered), ...changes[each.id]}]));
  const none = !city.vehicles.some((each) => choices[each.id].isOn);
  const send = (event) => {
    event.preventDefault();
    desk.order(orderBody(city.vehicles, choices, {
      budgetS, risk, areas, closed, balanced, keepEditsOf: isDraft && goesOn && plan.id, replanOf, ordered}));
    onOrdered();
  };
  return html`<form class="order-form" onSubmit=${send}>
    <fieldset><legend>${t("order.trucks")}</legend><ul>${city.vehicles.map((each) => html`<${Truck} key=${each.id}
      vehicle=${each} choice=${choices[each.id]}
      onChange=${(own) => setChanges((before) => ({...before, [each.id]: {...before[each.id], ...own}}))} />`)}</ul>
      ${none && html`<p class="hint">${t("order.none")}</p>`}</fieldset>
    <${Areas} known=${state.areas} chosen=${areas ?? (ordered?.areas ?? []).filter(Boolean)} onChosen=${setAreas} />
    <${Closed} sites=${city.disposal_sites} chosen=${closed ?? goesOnFrom?.closed_disposal_site_ids ?? []} onChosen=${setClosed} />
    <${Curve} curve=${state.curve} risk=${risk} decided=${ordered?.accepted_overflow_probability ?? null} onRisk=${setRisk}
      onOpen=${desk.askCurve} />
    <${Check} isOn=${balanced ?? ordered?.balanced ?? false} word="order.balanced" onFlip=${setBalanced} />
    ${isDraft && html`<${Check} isOn=${goesOn} word="order.keep_edits" onFlip=${setGoesOn} />`}
    ${isDriven && html`<${Check} isOn=${goesOn} word="order.go_on" onFlip=${setGoesOn} />`}
    <label class="budget"><span>${t("order.budget")}</span><select value=${budgetS}
      onChange=${(event) => setBudget(Number(event.target.value))}>${BUDGETS_S.map((each) => html`<option key=${each}
        value=${each}>${each < 60 ? t("order.seconds", {n: each}) : format.duration(each)}</option>`)}</select></label>
    <button type="submit" class="button primary wide" disabled=${isBusy || none || ordered === undefined}>
      ${isBusy ? t("plan.making") : t("order.send")}</button></form>`;
}
