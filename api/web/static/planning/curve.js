/**
 * The risk knob in plain units: fewer overflowing bins a week cost more kilometres a week.
 *
 * A click on the curve, the slider's arrow keys and the table choose the same point.
 */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {few} from "./numbers.js";

const WIDTH = 360;
const HEIGHT = 190;
const LEFT = 40;
const BOTTOM = 34;
const TOP = 12;
const RIGHT = 14;
const LINE_APART = 15;
const OVERFLOW_TICKS = [0, 0.1, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

/** Round numbers from below the lowest to above the highest, three or four of them. */
export function ticks(low, high) {
  const span = high - low || Math.abs(high) || 1;
  const rough = span / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const found = [];
  for (let at = Math.floor(low / step) * step; at < high + step; at += step) found.push(Math.round(at / step) * step);
  return found;
}

/** A bold city has a hundred times the overflows of a careful one: heights go by the root, so that both can be read. */
function scalesOf(points) {
  const kms = points.map((each) => each.km_per_week);
  const most = Math.max(0.1, ...points.map((each) => each.expected_overflows_per_week));
  const xs = ticks(Math.min(...kms), Math.max(...kms));
  const top = OVERFLOW_TICKS.find((each) => each >= most) ?? most;
  const high = HEIGHT - BOTTOM - TOP;
  const y = (value) => TOP + (1 - Math.sqrt(value / top)) * high;
  const ys = OVERFLOW_TICKS.filter((each) => each <= top).reduceRight((kept, each) => (
    kept.length && y(each) - y(kept[0]) < LINE_APART ? kept : [each, ...kept]), []);
  return {xs, ys, y, x: (value) => LEFT + ((value - xs[0]) / (xs.at(-1) - xs[0] || 1)) * (WIDTH - RIGHT - LEFT)};
}

/** @returns {boolean} Whether another point has no more of both, and less of one: nobody would choose this one. */
export const isBeaten = (point, points) => points.some((other) => (
  other.km_per_week <= point.km_per_week && other.expected_overflows_per_week <= point.expected_overflows_per_week
  && (other.km_per_week < point.km_per_week || other.expected_overflows_per_week < point.expected_overflows_per_week)));

function Drawing({points, chosen, onChoose}) {
  const {t, format} = useWords();
  const {xs, ys, x, y} = scalesOf(points);
  const at = (point) => [x(point.km_per_week), y(point.expected_overflows_per_week)];
  const front = points.filter((each) => !isBeaten(each, points)).sort((one, other) => one.km_per_week - other.km_per_week);
  return html`<svg class="curve" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" focusable="false">
    ${ys.map((value) => html`<g><path class="grid" d=${`M${LEFT} ${y(value)}H${WIDTH - RIGHT}`} />
      <text x=${LEFT - 6} y=${y(value) + 4} text-anchor="end">${few(value, format)}</text></g>`)}
    ${xs.map((value) => html`<text x=${x(value)} y=${HEIGHT - BOTTOM + 15} text-anchor="middle">${format.whole(value)}</text>`)}
    <text class="axis" x=${WIDTH - RIGHT} y=${HEIGHT - 3} text-anchor="end">${t("curve.km_axis")}</text>
    <text class="axis" x=${LEFT + 4} y=${TOP + 2}>${t("curve.overflow_axis")}</text>
    <polyline points=${front.map((each) => at(each).join(",")).join(" ")} />
    ${points.map((each, index) => html`<g class=${`point ${index === chosen ? "chosen" : ""} ${front.includes(each) ? "" : "beaten"}`} key=${index}
      onClick=${() => onChoose(index)}><circle class="reach" cx=${at(each)[0]} cy=${at(each)[1]} r="14" />
      ${each.current && html`<rect x=${at(each)[0] - 8} y=${at(each)[1] - 8} width="16" height="16" />`}
      <circle cx=${at(each)[0]} cy=${at(each)[1]} r=${index === chosen ? 6.5 : 4} /></g>`)}</svg>`;
}

function Twin({points, chosen, onChoose}) {
  const {t, format} = useWords();
  return html`<details><summary><span>${t("curve.table")}</span></summary><table class="small">
    <thead><tr><th scope="col">${t("curve.risk")}</th><th scope="col">${t("curve.overflows")}</th>
      <th scope="col">${t("curve.km")}</th><th scope="col">${t("curve.cost")}</th></tr></thead>
    <tbody>${points.map((each, index) => html`<tr key=${index} class=${index === chosen ? "selected" : ""}>
      <th scope="row"><button type="button" class="link" aria-pressed=${index === chosen} onClick=${() => onChoose(index)}>
        ${few(each.accepted_overflow_probability * 100, format)} %</button></th>
      <td>${few(each.expected_overflows_per_week, format)}</td><td>${format.whole(each.km_per_week)}</td>
      <td>${format.money(each.cost_minor_per_week)}</td></tr>`)}</tbody></table></details>`;
}

/** Which point holds: the chosen one, else the nearest to what the day was ordered with, else what the city has set. */
function pointOf(points, risk, decided) {
  if (risk !== null) return points.findIndex((each) => each.risk === risk);
  if (decided === null) return points.findIndex((each) => each.current);
  const apart = points.map((each) => Math.abs(each.accepted_overflow_probability - decided));
  return apart.indexOf(Math.min(...apart));
}

function Knob({points, risk, decided, onRisk}) {
  const {t, format} = useWords();
  const chosen = Math.max(0, pointOf(points, risk, decided));
  const point = points[chosen];
  const choose = (index) => onRisk(points[index].risk);
  const told = t("curve.told", {
    overflows: few(point.expected_overflows_per_week, format), km: format.whole(point.km_per_week),
    cost: format.money(point.cost_minor_per_week),
  });
  return html`<div class="risk"><${Drawing} points=${points} chosen=${chosen} onChoose=${choose} />
    <label><span class="visually-hidden">${t("curve.slider")}</span><input type="range" min="0" max=${points.length - 1} step="1"
      value=${chosen} aria-valuetext=${told} onInput=${(event) => choose(Number(event.target.value))} /></label>
    <p class="ends" aria-hidden="true"><span>${t("curve.less_driving")}</span><span>${t("curve.less_overflow")}</span></p>
    <p class="told">${told}${point.current && html` <span class="tag">${t("curve.current")}</span>`}</p>
    <${Twin} points=${points} chosen=${chosen} onChoose=${choose} /></div>`;
}

/**
 * Folded until somebody wants it: the server works the curve out when it is asked for the first time.
 *
 * @param {{risk: number|null, decided: number|null, onRisk: (risk: number) => void, onOpen: () => void}} props `risk`
 *   null: as the day was ordered with, by its accepted probability `decided`; both null: as the city has set it.
 */
export function Curve({curve, risk, decided, onRisk, onOpen}) {
  const {t, format} = useWords();
  const holds = decided === null ? t("curve.current") : t("planning.made_with", {risk: format.pct(decided)});
  const points = [...(curve?.points ?? [])].sort((one, other) => other.risk - one.risk);
  const isComputing = !curve || curve.status === "computing";
  return html`<details class="risk-box" onToggle=${(event) => event.currentTarget.open && onOpen()}>
    <summary><span>${t("curve.title")}</span>${risk === null && html`<small>${holds}</small>`}</summary>
    ${points.length > 1 ? html`<${Knob} points=${points} risk=${risk} decided=${decided} onRisk=${onRisk} />`
      : html`<p class="hint" role="status">${t(isComputing ? "curve.computing" : "curve.none")}</p>`}
    ${points.length > 1 && isComputing && html`<p class="hint">${t("curve.refining")}</p>`}
  </details>`;
}
