/** Signs of urgency and state: the shape says it without the colour. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {glued} from "../office/glued.js";

const SHAPES = {
  now: "M12 2.500c4 4 6.500 7 6.500 11a6.500 6.500 0 0 1-13 0c0-2 1-4 2.500-5.500.5 2 1.500 3 2.500 3-.5-3 0-6 1.500-8.500z",
  today: "M12 3l10 18H2z M12 10v5 M12 18v.2",
  later: "M12 3a9 9 0 1 0 .01 0 M12 7v5.500l3.500 2",
};

export function Mark({urgency, size = 20}) {
  return html`<svg class=${`urgency ${urgency}`} width=${size} height=${size} viewBox="0 0 24 24" fill="none"
    stroke="currentcolor" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"
    focusable="false"><path d=${SHAPES[urgency]} /></svg>`;
}

/** What people have done about it, in one word. */
export function StateTag({alert}) {
  const {t, format} = useWords();
  if (alert.ended_utc) return html`<span class="tag over">${t("alerts.state.over", {time: format.dayTime(alert.ended_utc)})}</span>`;
  if (alert.state === "snoozed") {
    return html`<span class="tag later">${t("alerts.state.until", {time: format.dayTime(alert.snoozed_until_utc)})}</span>`;
  }
  const standing = alert.work_orders.filter((each) => each.status === "open" || each.status === "doing");
  return html`<span class=${`tag ${alert.state}`}>${t(`alerts.state.${alert.state}`)}</span>
    ${standing.length > 0 && html` <span class="tag work">${t("alerts.has_order")}</span>`}`;
}

/** The numbers that raised it, in words; a number that says nothing by itself is left out. */
export function numbersOf(values, t, format) {
  const written = {
    fill_fraction: (value) => t("alerts.value.fill", {v: format.fill(value)}),
    hours_to_full: (value) => (value * 60 < 1 ? t("alerts.value.full_now")
      : t("alerts.value.full_in", {v: format.hours(value)})),
    temperature_c: (value) => t("alerts.value.temperature", {v: format.tenth(value)}),
    battery_v: (value) => t("alerts.value.volt", {v: format.tenth(value)}),
    battery_fraction: (value) => t("alerts.value.battery", {v: format.pct(value)}),
    expected_h: (value) => t("alerts.value.expected", {v: format.hours(value)}),
    fill_before_fraction: (value) => t("alerts.value.before", {v: format.fill(value)}),
    fill_after_fraction: (value) => t("alerts.value.after", {v: format.fill(value)}),
    sensors: (value) => t("alerts.value.sensors", {n: format.whole(value)}),
    lost: (value) => t("alerts.value.lost", {n: format.whole(value)}),
  };
  return Object.keys(written).filter((name) => name in values).map((name) => glued(written[name](values[name]))).join(" · ");
}
