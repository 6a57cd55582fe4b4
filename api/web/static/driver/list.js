/** The stops to come, and those behind with their way back. Any order is allowed: a row makes its stop the next. */
import {fractionName, useWords} from "../lib/context.js";
import {html, useEffect, useRef} from "../lib/html.js";
import {Icon} from "../lib/icons.js";
import {stopName} from "./card.js";
import {isDone} from "./route.js";

const PICTURE = {break: "cup", dispose: "unload"};

function Place({stop}) {
  const {t, city, language} = useWords();
  return html`<span class="where"><b>${stopName(stop, t)}</b>
    <small>${stop.kind === "collect" ? fractionName(city, stop.fraction, language)
      : stop.kind === "dispose" ? t("driver.unload_here") : ""}
      ${stop.access_note && html`<${Icon} name="key" size=${16} />
        <span class="visually-hidden">${t("driver.access")}: ${stop.access_note}</span>`}</small></span>`;
}

function Coming({session, stop, eta}) {
  const {t, format} = useWords();
  const picture = PICTURE[stop.kind];
  return html`<li><button type="button" class="row" onClick=${() => session.select(stop.key)}>
    <span class=${`number ${stop.kind}`}>${picture ? html`<${Icon} name=${picture} size=${20} />` : stop.number}</span>
    <${Place} stop=${stop} />
    <span class="when">${stop.kind === "collect" && html`<b>${format.fill(stop.expected_fill_fraction)}</b>`}
      <span>${format.time(eta.arriveMs)}</span></span>
  </button></li>`;
}

function Done({session, stop}) {
  const {t} = useWords();
  const name = stopName(stop, t);
  return html`<li class="row behind">
    <span class="number"><${Icon} name=${stop.state === "skipped" ? "skip" : "check"} size=${20} /></span>
    <span class="where"><b>${name}</b><small>${stop.kind === "collect" ? t(`plan_state.${stop.state}`) : t("driver.done")}</small></span>
    ${stop.state_event_key && html`<button type="button" class="undo" aria-label=${t("driver.undo_of", {name})}
      onClick=${() => session.undoStop(stop)}><${Icon} name="undo" size=${20} />${t("driver.undo")}</button>`}
  </li>`;
}

export function StopList({session, stops, extra, current, eta, note}) {
  const {t} = useWords();
  const coming = stops.filter((stop) => !isDone(stop) && stop.key !== current?.key);
  const behind = [...stops.filter(isDone), ...extra].sort((one, other) => (other.done_ms || 0) - (one.done_ms || 0));
  const box = useRef(null);
  useEffect(() => {
    // A row far down was chosen and done: the next ones are at the top.
    box.current.scrollTop = 0;
  }, [current?.key]);
  return html`<div class="stops" ref=${box} tabindex="0" role="region" aria-label=${t("driver.coming")}>
    <h2 class="visually-hidden">${t("driver.coming")}</h2>
    <ol>${coming.map((stop) => html`<${Coming} key=${stop.key} session=${session} stop=${stop} eta=${eta[stop.key]} />`)}</ol>
    ${behind.length > 0 && html`<details><summary>${t("driver.done_list", {n: behind.length})}</summary>
      <ul>${behind.map((stop) => html`<${Done} key=${stop.key} session=${session} stop=${stop} />`)}</ul></details>`}
    ${note}
  </div>`;
}
