/** How far ahead one looks: from what was measured to three days on, and in words where it overflows then. */
import {nowMs} from "../lib/clock.js";
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {LAST_H, STEP_H} from "./bins.js";

const HOUR_MS = 3_600_000;
const NAMED_AREAS = 3;

/** "most in Kluuvi (80), Hakaniemi (31)": the areas that have the most of them. */
function worst(overByArea, t, format) {
  const areas = [...overByArea].filter(([name]) => name).sort(([, one], [, other]) => other - one).slice(0, NAMED_AREAS);
  const list = areas.map(([name, count]) => `${name} (${format.whole(count)})`).join(", ");
  return areas.length ? t("ahead.most_in", {areas: list}) : "";
}

export function HourSlider({hour, over, overByArea, forecastUtc, onHour}) {
  const {t, format} = useWords();
  const when = hour ? t("ahead.at", {h: hour, time: format.dayTime(nowMs() + hour * HOUR_MS)}) : t("ahead.now");
  const told = hour ? t("ahead.over", {n: over, count: format.whole(over), where: worst(overByArea, t, format)}) : t("ahead.hint");
  return html`<div class="looking-ahead">
    <label for="ahead-hour">${t("ahead.label")}</label>
    <input id="ahead-hour" type="range" min="0" max=${LAST_H} step=${STEP_H} value=${hour} disabled=${!forecastUtc}
      aria-valuetext=${when} list="ahead-steps" onInput=${(event) => onHour(Number(event.target.value))} />
    <datalist id="ahead-steps">${[0, 24, 48, 72].map((each) => html`<option key=${each} value=${each}></option>`)}</datalist>
    <div><output for="ahead-hour">${when}</output>
      <p class=${hour && over ? "told over" : "told"} role="status">${forecastUtc ? told : t("ahead.none")}</p></div>
  </div>`;
}
