/** Fill over time: what was measured, what is expected, and how sure that is. */
import {nowMs} from "../lib/clock.js";
import {html} from "../lib/html.js";
import {useWords} from "../lib/context.js";
import {useChart} from "../office/uplot.js";
import {joinEmptyings} from "./emptyings.js";

const HEIGHT_PX = 190;
const MARK_PX = 5;

const seconds = (utc) => Date.parse(utc) / 1000;

/**
 * One row of times and four of fill, as uPlot wants it: measured, 10 %, 50 % and 90 % of the forecast.
 *
 * The forecast is tied to the last measurement, so that the line has no gap at "now".
 */
export function chartData(history, forecast) {
  const past = history.readings;
  const steps = forecast.steps.filter((step) => !past.length || seconds(step.at_utc) > seconds(past.at(-1).measured_utc));
  const blank = (count) => new Array(count).fill(null);
  const last = past.at(-1)?.fill_fraction ?? null;
  const tied = (name) => (past.length
    ? [...blank(past.length - 1), steps.length ? last : null, ...steps.map((step) => step[name])]
    : steps.map((step) => step[name]));
  return [
    [...past.map((reading) => seconds(reading.measured_utc)), ...steps.map((step) => seconds(step.at_utc))],
    [...past.map((reading) => reading.fill_fraction), ...blank(steps.length)],
    tied("p10"), tied("p50"), tied("p90"),
  ];
}

/** A line at now, and a mark at the top for each emptying: filled where the driver confirmed it. */
function drawMoments(chart, {nowS, emptyings}, token) {
  const {ctx: pen, bbox} = chart;
  const ratio = devicePixelRatio;
  pen.save();
  pen.strokeStyle = pen.fillStyle = token("ink-2");
  pen.lineWidth = ratio;
  pen.setLineDash([4 * ratio, 3 * ratio]);
  const now = Math.round(chart.valToPos(nowS, "x", true));
  pen.beginPath();
  pen.moveTo(now, bbox.top);
  pen.lineTo(now, bbox.top + bbox.height);
  pen.stroke();
  pen.setLineDash([]);
  for (const {at_utc: at, sources} of emptyings) {
    const x = chart.valToPos(seconds(at), "x", true);
    pen.beginPath();
    pen.moveTo(x - MARK_PX * ratio, bbox.top);
    pen.lineTo(x + MARK_PX * ratio, bbox.top);
    pen.lineTo(x, bbox.top + 1.6 * MARK_PX * ratio);
    pen.closePath();
    if (sources.includes("confirmed")) pen.fill();
    else pen.stroke();
  }
  pen.restore();
}

function options(uPlot, width, words, token, moments) {
  const {t, format} = words;
  const axis = {stroke: token("ink-2"), grid: {stroke: token("chart-grid"), width: 1}, ticks: {show: false},
    font: `12px ${token("font")}`};
  return {
    width, height: HEIGHT_PX, legend: {show: false}, cursor: {show: false}, padding: [8, 22, 0, 0],
    tzDate: (timestamp) => uPlot.tzDate(new Date(timestamp * 1000), format.timeZone),
    scales: {y: {range: [0, 1.02]}},
    axes: [
      {...axis, space: 64, values: (_, splits) => splits.map((at) => format.shortDate(at * 1000))},
      {...axis, size: 48, splits: () => [0, 0.25, 0.5, 0.75, 1], values: (_, splits) => splits.map(format.pct)},
    ],
    series: [
      {},
      {label: t("bin.measured_series"), stroke: token("chart-line"), width: 2, points: {show: false}, spanGaps: true},
      {stroke: "transparent", points: {show: false}},
      {label: t("bin.forecast_series"), stroke: token("chart-forecast"), width: 2, dash: [6, 4], points: {show: false}},
      {stroke: "transparent", points: {show: false}},
    ],
    bands: [{series: [4, 2], fill: token("chart-band")}],
    hooks: {draw: [(chart) => drawMoments(chart, moments, token)]},
  };
}

export function FillChart({history, forecast, label}) {
  const words = useWords();
  const box = useChart((uPlot, width, token) => {
    const moments = {nowS: nowMs() / 1000, emptyings: joinEmptyings(history.emptyings)};
    return [options(uPlot, width, words, token, moments), chartData(history, forecast)];
  }, [history, forecast, words]);
  return html`<div class="chart" role="img" aria-label=${label} ref=${box}></div>`;
}
