/** One bin: how full, how it got there, where it goes, and why it is on the plan or not. */
import {bandOf} from "../lib/bands.js";
import {fractionName, useWords} from "../lib/context.js";
import {html, useEffect, useRef, useState} from "../lib/html.js";
import {Icon} from "../lib/icons.js";
import {getBin, getForecast, getHistory, getSensors} from "../office/asks.js";
import {Reason} from "../office/reason.js";
import {Fault} from "../office/refused.js";
import {Asked} from "./asked.js";
import {FillChart} from "./chart.js";
import {BandMark} from "./bandmark.js";
import {joinEmptyings} from "./emptyings.js";

const AHEAD_H = 72;
const MARKS_H = [24, 48, 72];
const SHOWN_EMPTYINGS = 6;

/** Ask for everything about the bin; ask again when it was measured or emptied anew. */
function useDetails(bin) {
  const [details, setDetails] = useState({});
  useEffect(() => {
    let gone = false;
    const ask = async () => {
      try {
        const [more, history, forecast] = await Promise.all([
          getBin(bin.id), getHistory(bin.id), getForecast(bin.id, AHEAD_H)]);
        const health = await Promise.all(more.sensors.map(({id}) => healthOf(id)));
        if (!gone) setDetails({more, history, forecast, health: health.filter(Boolean)});
      } catch (error) {
        if (!gone) setDetails((before) => ({...before, fault: error}));
      }
    };
    ask();
    return () => {
      gone = true;
    };
  }, [bin.id, bin.plan_state, bin.measured_utc]);
  return details;
}

/** How the sensor is, as the list of sensors tells it; nothing when the list cannot be had. */
async function healthOf(id) {
  try {
    const {sensors} = await getSensors({q: id, limit: 20});
    return sensors.find((sensor) => sensor.id === id);
  } catch {
    return undefined;
  }
}

function Numbers({bin, more}) {
  const {t, format} = useWords();
  const fact = (value, word) => html`<li><b>${value}</b><span>${word}</span></li>`;
  return html`<ul class="numbers">
    ${fact(format.hours(more?.hours_to_full), t("bin.full_in"))}
    ${fact(format.pct(more?.p_overflow_24h), t("bin.overflow"))}
    ${fact(more && !more.last_emptied_utc ? t("bin.never") : format.shortDay(more?.last_emptied_utc), t("bin.last_emptied"))}
  </ul>`;
}

function Why({more}) {
  const {t} = useWords();
  const reasons = more?.reasons ?? [];
  return html`<section><h3>${t("bin.why")}</h3>
    ${reasons.length === 0 && more && html`<p>${t("bin.no_reason")}</p>`}
    <ul class="reasons">${reasons.map((reason) => html`<${Reason} key=${reason.code} reason=${reason} />`)}</ul></section>`;
}

function History({bin, history, forecast}) {
  const {t, format} = useWords();
  const end = forecast.steps.at(-1);
  const label = t("bin.history_label", {
    readings: history.readings.length, emptyings: history.emptyings.length, now: format.fill(bin.fill_fraction),
    p50: format.pct(end?.p50), p10: format.pct(end?.p10), p90: format.pct(end?.p90),
  });
  const steps = MARKS_H.map((hours) => [hours, forecast.steps[Math.min(hours, forecast.steps.length) - 1]]);
  return html`<section><h3>${t("bin.history")}</h3>
    <${FillChart} history=${history} forecast=${forecast} label=${label} />
    <ul class="legend" aria-hidden="true"><li class="measured">${t("bin.measured_series")}</li>
      <li class="forecast">${t("bin.forecast_series")}</li><li class="band">${t("bin.band_series")}</li>
      <li class="emptied">${t("bin.emptying_mark")}</li></ul>
    <details><summary><span>${t("bin.forecast_table")}</span></summary><table class="small">
      <thead><tr><td></td><th scope="col">${t("bin.expected")}</th><th scope="col">${t("bin.between")}</th>
        <th scope="col">${t("bin.risk")}</th></tr></thead>
      <tbody>${steps.map(([hours, step]) => step && html`<tr key=${hours}><th scope="row">${t("bin.in_hours", {h: hours})}</th>
        <td>${format.pct(step.p50)}</td><td>${format.pct(step.p10)}–${format.pct(step.p90)}</td>
        <td>${format.pct(step.p_overflow)}</td></tr>`)}</tbody></table></details></section>`;
}

function Emptyings({history}) {
  const {t, format} = useWords();
  const levels = ({fill_before_fraction: before, fill_after_fraction: after}) => before === null && after === null
    ? t("bin.no_levels") : `${format.pct(before)} → ${format.pct(after)}`;
  const newest = joinEmptyings(history.emptyings).reverse().slice(0, SHOWN_EMPTYINGS);
  return html`<section><h3>${t("bin.emptyings")}</h3>
    ${!newest.length && html`<p>${t("bin.no_emptyings")}</p>`}
    <ul class="emptyings">${newest.map((each) => html`<li key=${each.at_utc}>
      <span>${format.dayTime(each.at_utc)}</span>
      <b>${levels(each)}</b>
      <small class=${each.sources.includes("confirmed") ? "confirmed" : ""}>
        ${each.sources.map((source) => t(`bin.emptying.${source}`)).join(", ")}</small></li>`)}</ul></section>`;
}

/** Whether the sensor can be trusted: when it was heard, and what it says of itself. */
function Health({bin, health}) {
  const {t, format} = useWords();
  const fact = (word, value) => value && html`<div><dt>${word}</dt><dd>${value}</dd></div>`;
  const volts = (value) => value !== null && `${format.tenth(value)} V`;
  return html`<section><h3>${t("bin.health")}</h3>
    <p class=${`tag ${bin.sensor_state}`}>${t(`sensor.${bin.sensor_state}`)}</p>
    ${health.map((sensor) => html`<dl class="facts" key=${sensor.id}>
      ${fact(t("bin.sensor"), [sensor.make, sensor.model, sensor.id].filter(Boolean).join(" "))}
      ${fact(t("bin.heard"), sensor.received_utc && format.dayTime(sensor.received_utc))}
      ${fact(t("bin.battery"), volts(sensor.battery_v))}
      ${fact(t("bin.temperature"), sensor.temperature_c !== null && `${format.tenth(sensor.temperature_c)} °C`)}
      ${fact(t("bin.distance"), sensor.distance_mm !== null && `${format.whole(sensor.distance_mm)} mm`)}
      ${fact(t("bin.flags"), sensor.quality.filter((flag) => flag !== "good").map((flag) => t(`quality.${flag}`)).join(", "))}
    </dl>`)}</section>`;
}

function Facts({bin, more}) {
  const {t, format} = useWords();
  const fact = (word, value) => value && html`<div><dt>${word}</dt><dd>${value}</dd></div>`;
  return html`<section><dl class="facts">
    ${fact(t("bin.access"), more?.access_note)}
    ${fact(t("bin.container"), [more?.container_type.name, format.litres(bin.volume_l)].filter(Boolean).join(" · "))}
    ${fact(t("table.area"), bin.area)}
  </dl></section>`;
}

/** The other bins of the place: one halt of the truck serves them all. */
function Siblings({siblings, onOpen}) {
  const {t, format, city, language} = useWords();
  if (!siblings.length) return null;
  return html`<section><h3>${t("bin.siblings")}</h3><ul class="siblings">${siblings.map((each) => html`<li key=${each.id}>
    <button type="button" onClick=${() => onOpen(each.id)}><${BandMark} band=${bandOf(each.fill_fraction)} />
      <span>${fractionName(city, each.fraction, language)} · ${each.id}</span>
      <b>${format.fill(each.fill_fraction)}</b></button></li>`)}</ul></section>`;
}

export function BinDrawer({bin, siblings, onOpen, onClose}) {
  const {t, format, city, language} = useWords();
  const {more, history, forecast, health, fault} = useDetails(bin);
  const heading = useRef(null);
  useEffect(() => heading.current.focus({preventScroll: true}), []);
  const band = bandOf(bin.fill_fraction);
  const isOld = Date.parse(more?.last_emptied_utc) > new Date(bin.measured_utc); // measured before it was emptied
  return html`<section class="panel drawer" aria-labelledby="bin-name"
      onKeyDown=${(event) => event.key === "Escape" && onClose()}>
    <header><div><h2 id="bin-name" tabindex="-1" ref=${heading}>${bin.name}</h2>
        <p>${fractionName(city, bin.fraction, language)} · ${bin.id}
          <span class=${`tag ${bin.plan_state}`}>${t(`plan_state.${bin.plan_state}`)}</span></p></div>
      <button type="button" class="icon-button" aria-label=${t("app.close")} onClick=${onClose}>
        <${Icon} name="close" /></button></header>
    <div class="level"><${BandMark} band=${band} size=${36} /><b>${format.fill(bin.fill_fraction)}</b>
      <p>${bin.fill_fraction === null ? t("bin.no_reading") : t(isOld ? "bin.before" : "bin.now")}
        <small>${bin.measured_utc && t("bin.measured", {time: format.dayTime(bin.measured_utc)})}</small></p></div>
    <span class="fill-bar" aria-hidden="true"><i class=${band} style=${{width: `${(bin.fill_fraction ?? 0) * 100}%`}}></i></span>
    <${Numbers} bin=${bin} more=${more} />
    <${Fault} fault=${fault} />
    <${Asked} bin=${bin} />
    <${Why} more=${more} />
    ${history && forecast && html`<${History} bin=${bin} history=${history} forecast=${forecast} />
      <${Emptyings} history=${history} />`}
    ${health && html`<${Health} bin=${bin} health=${health} />`}
    <${Facts} bin=${bin} more=${more} />
    <${Siblings} siblings=${siblings} onOpen=${onOpen} />
  </section>`;
}
