/** The day in five figures; and all that is left to see of a day that is over. */
import {useWords} from "../lib/context.js";
import {Figure} from "../lib/figure.js";
import {html} from "../lib/html.js";
import {Fault} from "../office/refused.js";

/** A small town's first stops are no tonnes: "0 t" would say that nothing is aboard. */
const weight = (kg, format) => (kg < 1000 ? format.kg(kg) : `${format.tenth(kg / 1000)} t`);

export function TodayFigures({today}) {
  const {t, format} = useWords();
  const {sums} = today;
  const weighed = today.routes.flatMap((route) => route.trips).filter((trip) => trip.weighed_kg !== null);
  const expectedKg = weighed.reduce((sum, trip) => sum + (trip.collected_kg ?? 0), 0);
  const isLate = today.expected_end_utc && Date.parse(today.expected_end_utc) - Date.parse(today.planned_end_utc) > 900_000;
  return html`<section aria-label=${t("followup.figures")}><ul class="figures">
    <${Figure} value=${t("followup.done_of", {done: format.whole(sums.emptied + sums.skipped), n: format.whole(sums.bins)})} label=${t("followup.bins_done")}
      sub=${t("followup.left_n", {n: sums.left})} />
    <${Figure} value=${format.time(today.expected_end_utc)} label=${t("followup.last_home")} tone=${isLate ? "watch" : ""}
      sub=${t("followup.planned_at", {time: format.time(today.planned_end_utc)})} />
    <${Figure} value=${format.whole(today.late)} label=${t("followup.late_bins", {n: today.late})} tone=${today.late ? "watch" : ""}
      sub=${t("followup.late_means")} />
    <${Figure} value=${format.whole(sums.skipped)} label=${t("followup.skipped")} tone=${sums.skipped ? "watch" : ""}
      sub=${t("followup.extra_n", {n: sums.extra})} />
    <${Figure} value=${weighed.length ? weight(sums.weighed_kg, format) : "–"} label=${t("followup.weighed")}
      sub=${weighed.length ? t("followup.expected_weighed", {amount: weight(expectedKg, format)})
        : t("followup.expected_in", {amount: weight(sums.collected_kg, format)})} />
  </ul></section>`;
}

export function PastDay({past}) {
  const {t, format} = useWords();
  const {sums, fault} = past;
  if (fault) return html`<${Fault} fault=${fault} />`;
  if (!sums?.plan_id) return html`<p class="empty" role="status">${t("followup.no_such_day")}</p>`;
  const row = (word, value) => html`<div><dt>${word}</dt><dd>${value}</dd></div>`;
  return html`<section class="past" aria-labelledby="past-title"><h2 id="past-title">${format.day(`${sums.day}T12:00:00Z`)}</h2>
    <p class="quiet">${t("followup.past_hint")}</p>
    <dl>${row(t("followup.past.trucks"), sums.trucks)}${row(t("followup.past.bins"), sums.bins)}
      ${row(t("followup.past.emptied"), sums.emptied)}${row(t("followup.past.skipped"), sums.skipped)}
      ${row(t("followup.past.left"), sums.left)}${row(t("followup.past.extra"), sums.extra)}
      ${Object.entries(sums.skipped_by_reason).map(([reason, n]) => row(t(`skip.${reason}`), n))}
      ${Object.entries(sums.reports_by_kind).map(([kind, n]) => row(t(`report_kind.${kind}`), n))}
      ${row(t("followup.past.versions"), sums.versions)}${row(t("followup.past.unloadings"), sums.unloadings)}
      ${row(t("followup.past.collected"), weight(sums.collected_kg, format))}
      ${row(t("followup.weighed"), weight(sums.weighed_kg, format))}</dl></section>`;
}
