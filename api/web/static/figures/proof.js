/** Why anybody should believe it: what was compared, what does not count, and the file with which to doubt it. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";

const COMMAND = "tomma saving recompute";

export function Proof({figures, desk}) {
  const {t, format} = useWords();
  const days = figures.periods.reduce((sum, each) => sum + each.days, 0);
  const counted = figures.periods.reduce((sum, each) => sum + each.counted, 0);
  const measured = figures.periods.reduce((sum, each) => sum + each.measured_pct * each.days, 0) / days / 100;
  const told = {
    days: format.whole(days), counted: format.whole(counted), left: format.whole(days - counted), measured: format.pct(measured),
    own: format.whole(figures.own_rounds), fitted: format.whole(figures.bins - figures.own_rounds),
    pct: format.pct(figures.threshold_fraction),
  };
  return html`<section class="card proof"><h3>${t("figures.proof")}</h3>
    <ul class="points"><li>${t("figures.proof.same", told)}</li><li>${t(days === counted ? "figures.proof.all_counted" : "figures.proof.counted", told)}</li>
      <li>${t(figures.own_rounds ? "figures.proof.own_rounds" : "figures.proof.fitted_rounds", told)}</li>
      <li>${t("figures.proof.measured", told)}</li></ul>
    <p>${t("figures.proof.how")} <code>${COMMAND} saving-${figures.from_day}-${figures.to_day}.json</code></p>
    <p class="seal">${t("figures.seal")} <code>${figures.seal}</code></p>
    <a class="button primary" href=${desk.auditPath()} download>${t("figures.audit")}</a></section>`;
}
