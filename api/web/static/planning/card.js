/** One bin beside the map: where it is in the plan, why, and what one may do about it. */
import {nowMs} from "../lib/clock.js";
import {fractionName, useWords} from "../lib/context.js";
import {html, useEffect, useRef, useState} from "../lib/html.js";
import {Icon} from "../lib/icons.js";
import {may} from "../office/may.js";
import {Reason} from "../office/reason.js";
import {isEditable, isOnRoad, lockedIn, placesOf} from "./rounds.js";
import {Said} from "./said.js";
import {useEdits} from "./stops.js";

/** To which truck and as which bin: left open, the server takes what costs least. */
function Where({state, place, word, onPut}) {
  const {t, city} = useWords();
  const [vehicleId, setVehicle] = useState("");
  const [number, setNumber] = useState("");
  const put = (event) => {
    event.preventDefault();
    const id = vehicleId || (number && place ? place.route.vehicle_id : "");
    onPut({...(id && {vehicle_id: id}), ...(number && {position: Number(number) - 1})});
  };
  const onRoad = new Set(state.plan.routes.map((route) => route.vehicle_id));
  return html`<form class="where-form" onSubmit=${put}>
    <label><span>${t("card.truck")}</span><select value=${vehicleId} onChange=${(event) => setVehicle(event.target.value)}>
      <option value="">${t(place ? "card.same_truck" : "card.cheapest_truck")}</option>
      ${city.vehicles.map((each) => html`<option key=${each.id} value=${each.id}>
        ${onRoad.has(each.id) ? each.name : t("card.idle_truck", {vehicle: each.name})}</option>`)}</select></label>
    <label><span>${t("card.number")}</span><input type="number" min="1" max="20000" step="1" inputmode="numeric"
      placeholder=${t("card.cheapest_place")} value=${number} onInput=${(event) => setNumber(event.target.value)} /></label>
    <button type="submit" class="button">${t(word)}</button></form>`;
}

function Acts({desk, state, binId, place}) {
  const {t} = useWords();
  const edits = useEdits(desk, state);
  if (place?.done) return html`<p class="hint">${t("card.done")}</p>`;
  if (isOnRoad(state.plan, nowMs())) return html`<p class="hint">${t("card.on_road")}</p>`;
  if (!isEditable(state.plan, nowMs())) return html`<p class="hint">${t("card.not_editable")}</p>`;
  if (!place) return html`<${Where} state=${state} word="card.add" onPut=${(to) => edits.add(binId, to)} />`;
  const isLocked = lockedIn(state.plan).has(binId);
  return html`<div class="acts">
      <button type="button" class="button" aria-pressed=${isLocked}
        onClick=${() => (isLocked ? edits.unlock : edits.lock)(binId)}><${Icon} name="lock" size=${18} />
        ${t(isLocked ? "card.unlock" : "card.lock", {vehicle: place.route.vehicle_name})}</button>
      <button type="button" class="button" onClick=${() => edits.remove(binId)}>
        <${Icon} name="close" size=${18} />${t("card.remove")}</button></div>
    <${Where} state=${state} place=${place} word="card.move" onPut=${(to) => edits.move(binId, to)} />`;
}

export function BinCard({desk, state}) {
  const {t, format, city, language} = useWords();
  const {plan, byId, selectedId: binId} = state;
  const heading = useRef(null);
  useEffect(() => heading.current.focus(), []);
  const bin = byId.get(binId);
  const place = placesOf(plan).get(binId);
  const left = plan?.left_out.find((each) => each.bin_id === binId);
  const reasons = place?.stop.reasons ?? left?.reasons ?? [];
  return html`<section class="panel card" aria-labelledby="card-title"
      onKeyDown=${(event) => event.key === "Escape" && desk.select(null)}>
    <header><div><h2 id="card-title" tabindex="-1" ref=${heading}>${bin?.name ?? binId}</h2>
        <p>${[fractionName(city, bin?.fraction, language), binId, bin && format.litres(bin.volume_l)].filter(Boolean).join(" · ")}</p></div>
      <button type="button" class="icon-button" aria-label=${t("app.close")} onClick=${() => desk.select(null)}>
        <${Icon} name="close" /></button></header>
    <p class="standing" role="status"><b>${place ? t("card.on_plan", {vehicle: place.route.vehicle_name, n: place.position + 1,
      time: format.time(place.stop.arrive_utc)}) : t(plan ? "card.left_out" : "planning.no_plan_yet")}</b></p>
    <section><h3>${t("card.why")}</h3><ul class="reasons">${reasons.map((reason) => html`<${Reason}
      key=${reason.code} reason=${reason} />`)}</ul></section>
    ${plan && may("plans") && html`<section><h3>${t("card.change")}</h3><${Acts} desk=${desk} state=${state} binId=${binId} place=${place} /></section>`}
    <${Said} state=${state} />
  </section>`;
}
