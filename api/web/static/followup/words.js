/** A stop, a deviation and a change in sentences. */

const MINUTE_S = 60;

export function placeOf(stop, t) {
  if (stop.kind === "break") return t("followup.break");
  return stop.name || stop.bin_id || stop.disposal_site_id;
}

/** "12 min late", "5 min early", "on time"; empty where nothing was planned. */
export function lateText(stop, t, format) {
  if (stop.late_s === null || stop.state === "skipped") return "";
  if (Math.abs(stop.late_s) < MINUTE_S) return t("followup.on_time");
  return t(stop.late_s > 0 ? "followup.behind" : "followup.ahead", {time: format.duration(Math.abs(stop.late_s))});
}

/** What became of a stop, or will. */
export function outcomeText(stop, t, format) {
  if (stop.state === "todo") return t("followup.expected", {time: format.time(stop.expected_utc)});
  const word = stop.kind === "collect" ? `followup.state.${stop.state}` : `followup.done.${stop.kind}`;
  const reason = stop.skip_reason ? `: ${t(`skip.${stop.skip_reason}`).toLocaleLowerCase()}` : "";
  return `${t(word)} ${format.time(stop.done_utc)}${reason}`;
}

/** What somebody has to fetch when the truck does not come home; empty for an empty truck. */
export const aboardText = (route, t, format) => (route.aboard_kg ? t("followup.aboard", {kg: format.kg(route.aboard_kg)}) : "");

/** All of it in one line: what the keyboard's and the screen reader's user hears. */
export function stopText(stop, t, format) {
  return [
    `${stop.number ? `${stop.number}. ` : ""}${placeOf(stop, t)}`,
    stop.planned_utc ? t("followup.planned_at", {time: format.time(stop.planned_utc)}) : t("followup.not_planned"),
    outcomeText(stop, t, format), lateText(stop, t, format), ...stop.flags.map((flag) => t(`flag.${flag}`)),
    stop.overflowing ? t("followup.overflowing") : "",
  ].filter(Boolean).join(", ");
}

export function deviationText(each, t, format) {
  const {values} = each;
  const place = each.name || t("followup.a_place");
  const pct = values.p_overflow === undefined ? "" : format.pct(values.p_overflow);
  return t(`deviation.${each.kind}`, {
    vehicle: each.vehicle_name, place, time: format.time(each.at_utc), n: values.n ?? values.left ?? 1, pct,
    late: format.duration(values.late_s), quiet: format.duration(values.quiet_s),
    skew: format.duration(Math.abs(values.skew_s ?? 0)), reason: each.skip_reason ? t(`skip.${each.skip_reason}`).toLocaleLowerCase() : "",
    report: each.report ? t(`report_kind.${each.report}`).toLocaleLowerCase() : "",
    expected: format.kg(values.collected_kg), weighed: format.kg(values.weighed_kg),
  });
}

/** "3.4 km shorter", "no change". */
export function apart(after, before, t, write) {
  if (after === before) return t("followup.same");
  return t(after > before ? "followup.more" : "followup.less", {amount: write(Math.abs(after - before))});
}
