/** The stream in five numbers. */
import {nowMs} from "../lib/clock.js";
import {useWords} from "../lib/context.js";
import {Figure} from "../lib/figure.js";
import {html} from "../lib/html.js";

const ATTENTION = ["alert", "silent", "odd", "never"];
const SLOW_S = 5;

const sum = (numbers) => numbers.reduce((total, number) => total + (number ?? 0), 0);
const most = (numbers) => (numbers.length ? Math.max(...numbers.map((number) => number ?? 0)) : null);

/** @returns {object} The numbers of the strip, over all workers. */
export function streamFigures({health, workers, counts}) {
  const working = workers.filter((worker) => worker.kind === "ingest" && !worker.silent && !worker.facts.ended);
  const facts = workers.map((worker) => worker.facts);
  return {
    perMin: health?.readings_per_min ?? null,
    newestUtc: health?.last_reading_utc ?? null,
    lagS: most(working.map((worker) => worker.facts.lag_s)),
    maxLagS: most(working.map((worker) => worker.facts.max_lag_s)),
    attention: sum(ATTENTION.map((state) => counts[state])),
    sensors: sum(Object.values(counts)),
    letters: health ? sum(Object.values(health.dead_letters)) : null,
    dropped: sum(facts.map((each) => each.broker_dropped)),
    reconnects: sum(facts.map((each) => each.reconnects)),
  };
}

export function StreamFigures({state}) {
  const {t, format} = useWords();
  const n = streamFigures(state);
  const seconds = (value) => (value === null ? "–" : t("sensors.seconds", {s: format.tenth(value)}));
  return html`<section aria-label=${t("sensors.figures")}><ul class="figures">
    <${Figure} value=${format.whole(n.perMin)} label=${t("sensors.per_min")}
      sub=${n.newestUtc ? t("sensors.newest", {time: format.timeOrDay(n.newestUtc, nowMs())}) : t("sensors.none_yet")} />
    <${Figure} value=${seconds(n.lagS)} label=${t("sensors.lag")} tone=${n.lagS > SLOW_S ? "alarm" : ""}
      sub=${t("sensors.lag_sub", {s: format.tenth(n.maxLagS)})} />
    <${Figure} value=${format.whole(n.attention)} label=${t("sensors.attention")} tone=${n.attention ? "alarm" : ""}
      sub=${t("sensors.attention_of", {n: format.whole(n.sensors)})} />
    <${Figure} value=${format.whole(n.letters)} label=${t("sensors.letters")} sub=${t("sensors.letters_sub")} />
    <${Figure} value=${format.whole(n.dropped)} label=${t("sensors.lost")} tone=${n.dropped ? "alarm" : ""}
      sub=${t("sensors.lost_sub", {n: n.reconnects})} />
  </ul></section>`;
}
