/** The key figures: what a manager wants to know before the coffee. */
import {useWords} from "../lib/context.js";
import {Figure} from "../lib/figure.js";
import {html} from "../lib/html.js";

const LIKELY = 0.5;
const NOTABLE = 0.05;

/** @returns {object} The numbers of the strip, from the bins and the plan on show. */
export function keyFigures(bins, plan) {
  const risk = (bin) => bin.p_overflow_24h ?? 0;
  const collects = (plan?.routes ?? []).flatMap((route) => route.stops).filter((stop) => stop.kind === "collect");
  return {
    bins: bins.length,
    over75: bins.filter((bin) => bin.fill_fraction >= 0.75).length,
    likely: bins.filter((bin) => risk(bin) >= LIKELY).length,
    notable: bins.filter((bin) => risk(bin) >= NOTABLE && risk(bin) < LIKELY).length,
    silent: bins.filter((bin) => bin.sensor_state === "silent").length,
    odd: bins.filter((bin) => bin.sensor_state === "odd").length,
    stops: collects.length,
    routes: plan?.routes?.length ?? 0,
    distance_m: plan?.distance_m ?? null,
    emptied: bins.filter((bin) => bin.plan_state === "emptied").length,
    skipped: bins.filter((bin) => bin.plan_state === "skipped").length,
  };
}

export function Figures({bins, plan}) {
  const {t, format} = useWords();
  const n = keyFigures(bins, plan);
  const number = format.whole;
  return html`<section aria-label=${t("manager.figures")}><ul class="figures">
    <${Figure} value=${number(n.over75)} label=${t("manager.over_75")}
      sub=${t("manager.over_75_of", {n: number(n.bins)})} />
    <${Figure} value=${number(n.likely)} label=${t("manager.overflow_24h")} tone=${n.likely ? "alarm" : ""}
      sub=${t("manager.overflow_any", {n: number(n.notable)})} />
    <${Figure} value=${number(n.silent)} label=${t("manager.silent")} sub=${t("manager.silent_sub", {n: number(n.odd)})} />
    <${Figure} value=${plan ? format.km(n.distance_m) : "–"} label=${t("manager.today")}
      sub=${plan ? t("manager.today_sub", {n: number(n.stops), routes: n.routes}) : t("manager.no_plan_sub")} />
    <${Figure} value=${t("manager.collected_of", {done: number(n.emptied), n: number(n.stops)})}
      label=${t("manager.collected")} sub=${t("manager.collected_sub", {n: number(n.skipped)})} />
  </ul></section>`;
}
