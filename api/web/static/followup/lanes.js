/**
 * One line per truck: above when each stop was planned, below when it was done or will be, a thread between the two.
 *
 * An upright thread is a stop in time; the more it leans to the right, the later. Arrow keys walk through the stops;
 * the table is the same in cells.
 */
import {useWords} from "../lib/context.js";
import {html, useLayoutEffect, useMemo, useRef, useState} from "../lib/html.js";
import {useNow} from "../office/now.js";
import {Shape, Sign} from "./marks.js";
import {hours, inOrder, scale, span} from "./scale.js";
import {aboardText, stopText} from "./words.js";

const GUTTER = 58;
const END = 24;
const HEIGHT = 66;
const PLAN_Y = 14;
const DONE_Y = 46;
const PAGE = 10;
const NEAR_PX = 60; // an hour's name under the flag of now cannot be read

function useWidth() {
  const box = useRef(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const watcher = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    watcher.observe(box.current);
    setWidth(box.current.clientWidth);
    return () => watcher.disconnect();
  }, []);
  return [box, width];
}

function Axis({x, marks, now, isNear, width}) {
  const {t, format} = useWords();
  return html`<svg class="axis" width=${width} height="26" aria-hidden="true" focusable="false">
    ${marks.filter((ms) => !isNear || Math.abs(x(ms) - x(now)) > NEAR_PX).map((ms) => html`<text key=${ms} x=${x(ms)} y="17" text-anchor="middle">${format.time(ms)}</text>`)}
    ${isNear && html`<g class="now-flag" transform=${`translate(${x(now)} 0)`}>
      <rect x="-39" y="2" width="78" height="20" rx="10" /><text y="16" text-anchor="middle">${t("followup.now", {
        time: format.time(now)})}</text></g>`}
  </svg>`;
}

function Threads({stops, x}) {
  return stops.filter((stop) => stop.planned_utc && stop.look !== "skipped").map((stop) => html`<path key=${stop.key}
    class=${`thread ${stop.is_late ? "late" : ""} ${stop.state}`}
    d=${`M${x(stop.planned_utc)} ${PLAN_Y + 5}C${x(stop.planned_utc)} ${PLAN_Y + 18} ${x(stop.at_utc)} ${DONE_Y - 18} ${x(stop.at_utc)} ${DONE_Y - 7}`} />`);
}

function Backdrop({route, x, marks, now, isNear, width}) {
  const {t} = useWords();
  const rightEdge = width - END;
  return html`${route.shift_end_utc && html`<rect class="off-duty" x=${x(route.shift_end_utc)} y="0"
      width=${Math.max(0, rightEdge - x(route.shift_end_utc))} height=${HEIGHT} />`}
    ${marks.map((ms) => html`<path key=${ms} class="hour" d=${`M${x(ms)} 0V${HEIGHT}`} />`)}
    <path class="track" d=${`M${x(route.planned_start_utc)} ${PLAN_Y}H${x(route.planned_end_utc)}`} />
    <path class="track" d=${`M${x(route.planned_start_utc)} ${DONE_Y}H${Math.min(x(route.expected_end_utc), rightEdge)}`} />
    <text class="lane-name" x="0" y=${PLAN_Y + 4}>${t("followup.lane.plan")}</text>
    <text class="lane-name" x="0" y=${DONE_Y + 4}>${t("followup.lane.done")}</text>
    <path class="home" d=${`M${x(route.planned_end_utc)} ${PLAN_Y - 7}v14`} />
    <path class="home" d=${`M${Math.min(x(route.expected_end_utc), rightEdge)} ${DONE_Y - 9}v18`} />
    ${isNear && html`<path class="now-line" d=${`M${x(now)} 0V${HEIGHT}`} />`}`;
}

function nextIndex(key, at, length) {
  const moved = {ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: length - 1,
    PageDown: at + PAGE, PageUp: at - PAGE}[key];
  return moved === undefined ? null : Math.max(0, Math.min(length - 1, moved));
}

function Lane({route, selected, onSelect, shown}) {
  const {t, format} = useWords();
  const {x, width} = shown;
  const stops = useMemo(() => inOrder(route), [route]);
  const at = stops.findIndex((stop) => stop.key === selected);
  const id = (index) => `stop-${route.vehicle_id}-${index}`;
  const firstToDo = Math.max(0, stops.findIndex((stop) => stop.state === "todo"));
  const move = (event) => {
    if (event.key === "Escape") return onSelect(null);
    const next = nextIndex(event.key, at < 0 ? firstToDo - 1 : at, stops.length);
    if (next === null) return undefined;
    event.preventDefault();
    return onSelect(stops[next].key);
  };
  return html`<div class="lane" role="listbox" tabindex="0" onKeyDown=${move}
      aria-label=${t("followup.lane.label", {vehicle: route.vehicle_name, n: stops.length})}
      aria-activedescendant=${at < 0 ? undefined : id(at)}>
    <svg role="none" width=${width} height=${HEIGHT} focusable="false">
      <g role="none" aria-hidden="true"><${Backdrop} route=${route} ...${shown} /><${Threads} stops=${stops} x=${x} />
        ${stops.filter((stop) => stop.planned_utc).map((stop) => html`<path key=${stop.key} class=${`planned ${stop.kind}`}
          d=${`M${x(stop.planned_utc)} ${PLAN_Y - 5}v10`} />`)}</g>
      ${stops.map((stop, index) => html`<g key=${stop.key} id=${id(index)} role="option" aria-selected=${index === at}
        aria-label=${stopText(stop, t, format)} class=${`stop ${index === at ? "selected" : ""}`}
        transform=${`translate(${x(stop.at_utc)} ${DONE_Y})`} onClick=${() => onSelect(stop.key)}>
        <circle class="touch" r="11" /><${Shape} look=${stop.look} />
        ${(stop.flags.length > 0 || stop.overflowing) && html`<path class="flagged" d="M0 -9v-8l7 3l-7 3" />`}</g>`)}
    </svg></div>`;
}

function Head({route}) {
  const {t, format} = useWords();
  const end = route.state === "taken_out" ? aboardText(route, t, format) : t(route.left ? "followup.home_about" : "followup.home", {time: format.time(route.expected_end_utc),
    planned: format.time(route.planned_end_utc)});
  const done = route.emptied + route.skipped;
  return html`<div class="lane-head"><h3>${route.vehicle_name}</h3>
    <span class=${`tag ${route.state}`}>${t(`followup.truck.${route.state}`)}</span>
    <span class="done-of"><b>${t("followup.done_of", {done, n: route.bins})}</b>
      <span class="fill-bar" aria-hidden="true"><i style=${{width: `${(done / (route.bins || 1)) * 100}%`}}></i></span></span>
    <span>${end}</span>
    ${route.late > 0 && html`<span class="warn"><${Sign} look="late" />${t("followup.late_n", {n: route.late})}</span>`}
    ${route.beyond_shift > 0 && html`<span class="bad">${t("followup.beyond_n", {n: route.beyond_shift})}</span>`}
    <span class="heard">${route.heard_utc ? t("followup.heard", {time: format.time(route.heard_utc)}) : ""}</span></div>`;
}

export function Lanes({routes, selected, onSelect}) {
  const [box, width] = useWidth();
  const now = useNow();
  const {from, to, isNear} = useMemo(() => span(routes, now), [routes, Math.floor(now / 60_000)]);
  const inner = Math.max(width - GUTTER - END, 100);
  const x = scale({from, to}, GUTTER, inner);
  const marks = hours({from, to}, inner);
  const shown = {x, marks, now, isNear, width};
  return html`<div class="lanes" ref=${box}>${width > 0 && html`<${Axis} ...${shown} />
    <ul>${routes.map((route) => html`<li key=${route.vehicle_id}><${Head} route=${route} />
      <${Lane} route=${route} shown=${shown} selected=${selected?.vehicleId === route.vehicle_id ? selected.key : null}
        onSelect=${(key) => onSelect(route.vehicle_id, key)} /></li>`)}</ul>`}</div>`;
}
