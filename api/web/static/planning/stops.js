/** A truck's stops in order: moved, locked and taken off by keyboard or pointer; dragging is only one more way. */
import {nowMs} from "../lib/clock.js";
import {useWords} from "../lib/context.js";
import {html, useEffect, useRef} from "../lib/html.js";
import {Icon} from "../lib/icons.js";
import {may} from "../office/may.js";
import {TruckLine} from "../office/truckline.js";
import {collectsOf, firstOpen, isEditable, isOnRoad, lockedIn, placesOf} from "./rounds.js";

const DRAGGED = "text/x-tomma-bin";

function Trucks({desk, state, onDrop}) {
  const {t, format} = useWords();
  return html`<div class="trucks-row" role="group" aria-label=${t("stops.trucks")}>
    ${state.plan.routes.map((route, index) => html`<button type="button" key=${route.vehicle_id} class="chip"
      aria-pressed=${state.truck === route.vehicle_id} onClick=${() => desk.setTruck(route.vehicle_id)}
      onDragOver=${(event) => event.preventDefault()} onDrop=${(event) => onDrop(event, {vehicle_id: route.vehicle_id})}>
      <${TruckLine} index=${index} /><span>${route.vehicle_name}</span>
      <b>${format.whole(collectsOf(route).length)}</b></button>`)}</div>`;
}

/** Everything one can do with a stop, by name: the same for buttons, keys and dragging. */
export function useEdits(desk, state) {
  const {city} = useWords();
  const name = (id) => state.byId.get(id)?.name ?? id;
  const own = placesOf(state.plan);
  const edit = (kind, binId, more = {}) => {
    const before = own.get(binId)?.route.vehicle_id;
    const to = city.vehicles.find((each) => each.id === (more.vehicle_id ?? before))?.name;
    const stays = kind === "move" && (more.vehicle_id ?? before) === before;
    const said = stays ? (more.position === undefined ? "best" : "place") : kind;
    return desk.edit([{kind, bin_id: binId, ...more}], {
      kind: said, place: name(binId), vehicle: to ?? "", n: (more.position ?? 0) + 1});
  };
  return {
    lock: (id) => edit("lock", id),
    unlock: (id) => edit("unlock", id),
    remove: (id) => edit("remove", id),
    add: (id, more) => edit("add", id, more),
    move: (id, more) => edit("move", id, more),
  };
}

function Moves({stop, place, first, last, isLocked, edits, editable}) {
  const {t} = useWords();
  const named = {place: stop.name};
  const to = (position) => edits.move(stop.bin_id, {vehicle_id: place.route.vehicle_id, position});
  const button = (word, picture, isOff, act, more = {}) => html`<button type="button" class="icon-button" aria-label=${t(word, named)}
    title=${t(word, named)} disabled=${!editable || isOff} onClick=${act} ...${more}><${Icon} name=${picture} size=${18} /></button>`;
  return html`<span class="moves">
    ${button("stops.earlier", "up", place.position === first, () => to(place.position - 1))}
    ${button("stops.later", "up", place.position === last, () => to(place.position + 1), {class: "icon-button down"})}
    ${button(isLocked ? "stops.unlock" : "stops.lock", "lock", false,
      () => (isLocked ? edits.unlock : edits.lock)(stop.bin_id), {"aria-pressed": isLocked})}
    ${button("stops.remove", "close", false, () => edits.remove(stop.bin_id))}</span>`;
}

/** A stop that was done before the plan was made: there to be read. */
function DoneRow({stop, number, state, desk}) {
  const {t, format} = useWords();
  return html`<li class=${`stop-row done ${state.selectedId && state.selectedId === stop.bin_id ? "selected" : ""}`} data-bin=${stop.bin_id}>
    <span class="number">${number}</span><time>${format.time(stop.arrive_utc)}</time>
    <span class="where">${stop.bin_id ? html`<button type="button" class="link" onClick=${() => desk.select(stop.bin_id)}>${stop.name}</button>`
      : html`<b>${t(`stops.${stop.kind}`, {place: stop.name})}</b>`}
      <small>${stop.bin_id ? `${stop.bin_id} · ` : ""}<span class="tag done"><${Icon} name="check" size=${14} />${t("stops.done")}</span></small></span></li>`;
}

function Row({stop, number, place, first, last, state, desk, edits, isLocked, editable, onDrop}) {
  const {t, format} = useWords();
  if (!place) {
    return html`<li class="stop-row pause"><span class="number">${number}</span><time>${format.time(stop.arrive_utc)}</time>
      <span class="where"><b>${t(`stops.${stop.kind}`, {place: stop.name})}</b></span></li>`;
  }
  const keys = (event) => {
    const step = {ArrowUp: -1, ArrowDown: 1}[event.key];
    const to = place.position + step;
    if (!editable || !event.altKey || !step || to < first || to > last) return;
    event.preventDefault();
    edits.move(stop.bin_id, {vehicle_id: place.route.vehicle_id, position: to});
  };
  return html`<li class=${`stop-row ${state.selectedId === stop.bin_id ? "selected" : ""}`} data-bin=${stop.bin_id}
    draggable=${editable} onKeyDown=${keys} onDragStart=${(event) => event.dataTransfer.setData(DRAGGED, stop.bin_id)}
    onDragOver=${(event) => event.preventDefault()}
    onDrop=${(event) => onDrop(event, {vehicle_id: place.route.vehicle_id, position: place.position})}>
    <span class="number">${number}</span><time>${format.time(stop.arrive_utc)}</time>
    <span class="where"><button type="button" class="link" onClick=${() => desk.select(stop.bin_id)}>${stop.name}</button>
      <small>${stop.bin_id} · ${t("stops.expected", {fill: format.fill(stop.expected_fill_fraction)})}
        ${isLocked && html` <span class="tag">${t("stops.locked")}</span>`}</small></span>
    ${may("plans") && html`<${Moves} stop=${stop} place=${place} first=${first} last=${last} isLocked=${isLocked} edits=${edits} editable=${editable} />`}</li>`;
}

export function StopLists({desk, state}) {
  const {t} = useWords();
  const {plan, truck} = state;
  const edits = useEdits(desk, state);
  const list = useRef(null);
  const focused = useRef(null);
  const route = plan.routes.find((each) => each.vehicle_id === truck) ?? plan.routes[0];
  // A moved row is drawn anew elsewhere: the keyboard goes with it, so that one can press again.
  useEffect(() => {
    const {bin, word} = focused.current ?? {};
    if (!bin || document.activeElement !== document.body) return; // nothing was lost
    const row = list.current?.querySelector(`[data-bin="${CSS.escape(bin)}"]`);
    const again = [...(row?.querySelectorAll("button:not(:disabled)") ?? [])];
    (again.find((each) => each.className === word) ?? again[0])?.focus();
  }, [plan]);
  const noteFocus = (event) => {
    focused.current = {bin: event.target.closest("[data-bin]")?.dataset.bin, word: event.target.className};
  };
  const onDrop = (event, to) => {
    event.preventDefault();
    const bin = event.dataTransfer.getData(DRAGGED);
    if (bin) edits.move(bin, to);
  };
  if (!route) return html`<p class="empty">${t("stops.none")}</p>`;
  const places = placesOf(plan);
  const locked = lockedIn(plan);
  const [first, last] = [firstOpen(route), collectsOf(route).length - 1];
  const editable = may("plans") && isEditable(plan, nowMs());
  return html`<div class="stop-view"><${Trucks} desk=${desk} state=${state} onDrop=${onDrop} />
    ${may("plans") && html`<p class="hint">${t(editable ? "stops.hint" : isOnRoad(plan, nowMs()) ? "card.on_road" : "card.not_editable")}</p>`}
    <ol class="stop-list" ref=${list} onFocusIn=${noteFocus} aria-label=${t("stops.list", {vehicle: route.vehicle_name})}>
      ${route.stops.map((stop, index) => html`<${index < (route.done_stops ?? 0) ? DoneRow : Row}
        key=${stop.bin_id ?? `${stop.kind}-${index}`} stop=${stop} number=${index + 1} place=${places.get(stop.bin_id)}
        first=${first} last=${last} state=${state} desk=${desk} edits=${edits} isLocked=${locked.has(stop.bin_id)}
        editable=${editable} onDrop=${onDrop} />`)}</ol></div>`;
}
