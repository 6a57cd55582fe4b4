/** What the last change by hand did: told aloud, too, so the place for it is always there. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {differenceText} from "./numbers.js";

export function Said({state}) {
  const {t, format} = useWords();
  const {said, plan, before} = state;
  if (!said || !before || !plan) return html`<p class="visually-hidden" role="status"></p>`;
  const what = said.undone ? t("edit.undone") : said.redone ? t("edit.redone") : t(`said.${said.kind}`, said);
  const cost = differenceText(plan.cost_minor, before.cost_minor, format.money, t, format);
  const way = differenceText(plan.distance_m, before.distance_m, format.km, t, format);
  const warnings = plan.warnings?.length ?? 0;
  return html`<p class="said" role="status"><b>${what}</b> ${t("edit.costs", {cost, way})}
    ${" "}${warnings ? t("edit.warned", {n: warnings}) : t("edit.no_warning")}</p>`;
}
