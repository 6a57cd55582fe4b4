/** The key figures: what a manager wants to know before the coffee. */
import {useWords} from "../lib/context.js";
import {Figure} from "../lib/figure.js";
import {html} from "../lib/html.js";
import {whenOf} from "../office/planday.js";
import {PLAN_STATES, SENSOR_STATES} from "./bins.js";

const NOTABLE_PCT = 75;
const DAY_H = 24;
const [SILENT, ODD] = ["silent", "odd"].map((state) => SENSOR_STATES.indexOf(state));
const [EMPTIED, SKIPPED] = ["emptied", "skipped"].map((state) => PLAN_STATES.indexOf(state));

/** @param {import("./bins.js").Bins} bins @returns {object} The numbers of the strip, from the bins and the plan on show. */
export function keyFigures(bins, plan) {
  const stops = (plan?.routes ?? []).reduce((sum, route) => (
    sum + route.stops.filter((stop) => stop.kind === "collect").length), 0);
  const found = {over75: 0, silent: 0, odd: 0, emptied: 0, skipped: 0};
  for (let bin = 0; bin < bins.length; bin += 1) {
    found.over75 += bins.fill[bin] >= NOTABLE_PCT;
    found.silent += bins.sensor[bin] === SILENT;
    found.odd += bins.sensor[bin] === ODD;
    found.emptied += bins.plan[bin] === EMPTIED;
    found.skipped += bins.plan[bin] === SKIPPED;
  }
  return {
    ...found, ...bins.risks(DAY_H), bins: bins.length, stops, routes: plan?.routes?.length ?? 0,
    distance_m: plan?.distance_m ?? null,
  };
}

export function Figures({bins, plan: shown}) {
  const {t, format, city} = useWords();
  const plan = shown && whenOf(shown, city) === "today" ? shown : null;
  const isForecast = Boolean(bins.forecastUtc); // the first one takes a while: until then nothing is known, which is not none
  const n = keyFigures(bins, plan);
  const number = format.whole;
  return html`<section aria-label=${t("manager.figures")}><ul class="figures">
    <${Figure} value=${number(n.over75)} label=${t("manager.over_75")}
      sub=${t("manager.over_75_of", {n: number(n.bins)})} />
    <${Figure} value=${isForecast ? number(n.likely) : "–"} label=${t("manager.overflow_24h")} tone=${n.likely ? "alarm" : ""}
      sub=${isForecast ? t("manager.overflow_any", {n: number(n.notable)}) : t("ahead.none")} />
    <${Figure} value=${number(n.silent)} label=${t("manager.silent")} sub=${t("manager.silent_sub", {n: number(n.odd)})} />
    <${Figure} value=${plan ? format.km(n.distance_m) : "–"} label=${t("manager.today")}
      sub=${plan ? t("manager.today_sub", {n: number(n.stops), routes: n.routes}) : t("manager.no_plan_sub")} />
    <${Figure} value=${plan ? t("manager.collected_of", {done: number(n.emptied), n: number(n.stops)}) : "–"}
      label=${t("manager.collected")} sub=${t("manager.collected_sub", {n: number(n.skipped)})} />
  </ul></section>`;
}
