/** One figure over time, a line for each of the three: told apart by dash and width, not by colour alone. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {useChart} from "../office/uplot.js";
import {MEASURES, SIDES, valueOf} from "./measures.js";

const HEIGHT_PX = 260;

export const LINES = {
  done: {token: "accent", dash: [], width: 3},
  fixed: {token: "chart-forecast", dash: [9, 4], width: 2},
  threshold: {token: "chart-line", dash: [2, 4], width: 2},
};

/** A period stands at its first day, which is a date and no moment: midnight in UTC, and so are the axis' marks. */
const seconds = (period) => Date.parse(`${period.first}T00:00:00Z`) / 1000;
const NOON_MS = 12 * 3_600_000;

export const chartData = (periods, measure) => [
  periods.map(seconds), ...SIDES.map((side) => periods.map((each) => valueOf(each, side, measure))),
];

function options(uPlot, width, {t, format}, token, measure) {
  const axis = {stroke: token("ink-2"), grid: {stroke: token("chart-grid"), width: 1}, ticks: {show: false},
    font: `12px ${token("font")}`};
  const line = (side) => ({
    label: t(`figures.side.${side}`), stroke: token(LINES[side].token), width: LINES[side].width, dash: LINES[side].dash,
    points: {show: true, size: side === "done" ? 7 : 5, fill: token("surface")}, spanGaps: false,
  });
  return {
    width, height: HEIGHT_PX, legend: {show: false}, cursor: {show: false}, padding: [10, 22, 0, 0],
    tzDate: (timestamp) => uPlot.tzDate(new Date(timestamp * 1000), "Etc/UTC"),
    scales: {y: {range: (_, low, high) => [Math.min(0, low), Math.max(high * 1.06, 0.001)]}},
    axes: [
      {...axis, space: 70, incrs: [1, 2, 7, 14, 28, 91].map((days) => days * 86_400),
        values: (_, splits) => splits.map((at) => format.shortDate(at * 1000 + NOON_MS))},
      {...axis, size: 78, values: (_, splits) => splits.map((value) => MEASURES[measure].write(format, value))},
    ],
    series: [{}, ...SIDES.map(line)],
  };
}

export function Chart({periods, measure}) {
  const words = useWords();
  const box = useChart((uPlot, width, token) => (
    [options(uPlot, width, words, token, measure), chartData(periods, measure)]
  ), [periods, measure, words]);
  return html`<div class="chart" role="img" ref=${box}
    aria-label=${words.t("figures.chart", {measure: words.t(`figures.measure.${measure}`)})}></div>`;
}
