/** The next stop: number, place, how full, when, how to get in, and why it is on the route. */
import {bandOf} from "../lib/bands.js";
import {fractionName, useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {Icon} from "../lib/icons.js";
import {reasonText} from "../lib/reasons.js";

/** The stop's name in words: a break has no place of its own. */
export function stopName(stop, t) {
  if (stop.kind === "break") return t("driver.break");
  return stop.name || stop.bin_id || stop.disposal_site_id;
}

function Disc({stop}) {
  const {t} = useWords();
  const picture = {break: "cup", dispose: "unload"}[stop.kind];
  return html`<span class="disc">${picture
    ? html`<${Icon} name=${picture} size=${30} />`
    : html`<span class="visually-hidden">${t("driver.stop_number", {n: ""})}</span>${stop.number}`}</span>`;
}

function CollectFacts({stop, eta}) {
  const {t, format, city, language} = useWords();
  const fill = stop.expected_fill_fraction;
  return html`<div class="facts">
      <p><b>${format.fill(fill)}</b> ${t("driver.full")}</p>
      <p><b>${t("driver.eta", {time: format.time(eta.arriveMs)})}</b></p>
      <p>${fractionName(city, stop.fraction, language)}</p>
    </div>
    <span class="fill-bar" aria-hidden="true"><i class=${bandOf(fill)}
      style=${{width: `${(fill ?? 0) * 100}%`}}></i></span>
    <ul class="notes">
      ${stop.access_note && html`<li class="access"><${Icon} name="key" size=${20} />
        <span><span class="visually-hidden">${t("driver.access")}: </span>${stop.access_note}</span></li>`}
      ${stop.reasons?.length > 0 && html`<li><${Icon} name="why" size=${20} />
        <span><span class="visually-hidden">${t("driver.why")}: </span>${reasonText(stop.reasons[0], t, format)}</span></li>`}
    </ul>`;
}

function PauseFacts({stop, eta}) {
  const {t, format} = useWords();
  return html`<div class="facts">
      <p><b>${t("driver.eta", {time: format.time(eta.arriveMs)})}</b></p>
      <p>${stop.kind === "break" ? t("driver.break_until", {time: format.time(eta.departMs)}) : t("driver.unload_here")}</p>
    </div>`;
}

export function NextStop({stop, chosen, aboard, eta, route, fromMemory, turn}) {
  const {t, format} = useWords();
  if (!stop) {
    const [title, hint] = route.is_taken_out ? ["driver.taken_out", "driver.taken_out_hint"]
      : ["driver.all_done", aboard ? "driver.unload_first" : "driver.all_done_hint"];
    return html`<article class="card done" aria-live="polite">
      <h2><span class="disc"><${Icon} name="home" size=${30} /></span><span>${t(title)}</span></h2>
      <p>${t(hint, {kg: format.kg(aboard)})}</p></article>`;
  }
  return html`<article class=${`card ${stop.kind}`}>
    <p class="card-head">${t(chosen ? "driver.chosen_stop" : "driver.next_stop")}
      ${fromMemory && html`<span>${t("driver.stored_route", {time: format.time(new Date(route.asked_ms))})}</span>`}</p>
    <h2 aria-live="polite"><${Disc} stop=${stop} /><span class="name">${stopName(stop, t)}</span></h2>
    ${stop.kind === "collect"
      ? html`<${CollectFacts} stop=${stop} eta=${eta[stop.key]} />`
      : html`<${PauseFacts} stop=${stop} eta=${eta[stop.key]} />`}
    ${turn}
  </article>`;
}
