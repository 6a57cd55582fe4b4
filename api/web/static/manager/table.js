/** The map's twin: the same bins, sorted, for whoever would rather read. Only the rows in sight are in the page. */
import {nowMs} from "../lib/clock.js";
import {fractionName, useWords} from "../lib/context.js";
import {html, useEffect, useMemo, useRef, useState} from "../lib/html.js";
import {BandMark} from "./bandmark.js";
import {BAND_IDS} from "./bins.js";

const ROW_PX = 52;
const BEYOND = 8; // rows kept on either side, so that Tab finds the next one there
const FIRST_SIGHT_PX = 800;

const orUnknown = (value) => (value < 0 || Number.isNaN(value) ? null : value);

/** Column: key of the words, what to sort a bin by (null: not known), biggest first at the first click. */
const columns = (bins, seen, rank) => [
  ["place", (bin) => rank.place[bins.site[bin]], false],
  ["area", (bin) => rank.area[bins.sites[bins.site[bin]].area_index], false],
  ["fraction", (bin) => rank.fraction[bins.places.fraction[bin]], false],
  ["fill", (bin) => orUnknown(bins.fill[bin]), true],
  ["ahead", (bin) => orUnknown(seen.bands[bin] - 1), true],
  ["overflow", (bin) => orUnknown(bins.risk[bin]), true],
  ["full_in", (bin) => orUnknown(bins.fullIn[bin]), false],
  ["measured", (bin) => orUnknown(bins.measuredMs[bin]), true],
  ["sensor", (bin) => bins.sensor[bin], true],
  ["plan", (bin) => bins.plan[bin], true],
];

/** Where each text stands in the alphabet of the language; an empty one is not known. */
function ranks(texts, locale) {
  const collator = new Intl.Collator(locale, {numeric: true});
  const order = texts.map((_, n) => n).sort((one, other) => collator.compare(texts[one], texts[other]));
  const rank = new Array(texts.length);
  order.forEach((n, place) => {
    rank[n] = texts[n] === "" ? null : place;
  });
  return rank;
}

/** @returns {number[]} The bins that pass, sorted; what is not known comes last, whichever way. */
export function sortBins(mask, valueOf, descending) {
  const known = [];
  const unknown = [];
  mask.forEach((passes, bin) => passes && (valueOf(bin) === null ? unknown : known).push(bin));
  const values = new Map(known.map((bin) => [bin, valueOf(bin)]));
  const way = descending ? -1 : 1;
  known.sort((one, other) => way * (values.get(one) - values.get(other)) || one - other);
  return known.concat(unknown);
}

function Head({names, sort, onSort}) {
  const {t} = useWords();
  return html`<thead><tr aria-rowindex="1">${names.map(([name, , big]) => {
    const active = sort.name === name;
    const way = active ? (sort.descending ? "descending" : "ascending") : undefined;
    return html`<th key=${name} scope="col" aria-sort=${way} class=${name}>
      <button type="button" onClick=${() => onSort({name, descending: active ? !sort.descending : big})}>
        ${t(`table.${name}`)}<span aria-hidden="true">${active ? (sort.descending ? " ↓" : " ↑") : ""}</span>
      </button></th>`;
  })}</tr></thead>`;
}

function Row({bin, index, band, isAhead, now, onOpen, isSelected}) {
  const {t, format, city, language} = useWords();
  const own = BAND_IDS[band.now];
  const fraction = fractionName(city, bin.fraction, language);
  return html`<tr class=${isSelected ? "selected" : ""} aria-rowindex=${index + 2}>
    <th scope="row"><button type="button" class="link" aria-label=${t("table.open", {name: `${bin.name} ${bin.id}`})}
      onClick=${() => onOpen(bin.id)}>${bin.name}</button><span class="which"><small>${bin.id}</small><span class="beside">${fraction}</span></span></th>
    <td>${bin.area || "–"}</td>
    <td class="fraction">${fraction}</td>
    <td class="fill"><span><${BandMark} band=${own} size=${18} />${format.fill(bin.fill_fraction)}</span></td>
    ${isAhead && html`<td class="fill"><span><${BandMark} band=${BAND_IDS[band.then]} size=${18} />
      ${t(BAND_IDS[band.then] === "over" ? "manager.over" : `band.${BAND_IDS[band.then]}`)}</span></td>`}
    <td class="number">${format.pct(bin.p_overflow_24h)}</td>
    <td class="number">${format.hours(bin.hours_to_full)}</td>
    <td class="number measured">${format.timeOrDay(bin.measured_utc, now)}</td>
    <td class="sensor">${t(`sensor.${bin.sensor_state}`)}</td>
    <td>${bin.plan_state === "none" ? "–" : t(`plan_state.${bin.plan_state}`)}</td>
  </tr>`;
}

/** Which rows are in sight of the box that scrolls. */
function useSight(box, count) {
  const [sight, setSight] = useState({top: 0, height: FIRST_SIGHT_PX});
  useEffect(() => {
    const look = () => box.current && setSight({top: box.current.scrollTop, height: box.current.clientHeight});
    const resized = new ResizeObserver(look);
    resized.observe(box.current);
    box.current.addEventListener("scroll", look, {passive: true});
    return () => resized.disconnect();
  }, []);
  const first = Math.max(0, Math.min(Math.floor(sight.top / ROW_PX) - BEYOND, count - 1));
  return [first, Math.min(count, Math.ceil((sight.top + sight.height) / ROW_PX) + BEYOND)];
}

export function BinTable({desk, bins, version, seen, sort, onSort, isAhead, selectedId}) {
  const {t, format, city, language} = useWords();
  const box = useRef(null);
  useEffect(() => {
    desk.askFigures();
  }, []);
  const rank = useMemo(() => ({
    place: ranks(bins.sites.map((site) => site.name), format.locale), area: ranks(bins.areas, format.locale),
    fraction: ranks(bins.places.fractions.map((code) => fractionName(city, code, language)), format.locale),
  }), [bins, language]);
  const all = columns(bins, seen, rank).filter(([name]) => name !== "ahead" || isAhead);
  const by = all.find(([name]) => name === sort.name) ?? all.find(([name]) => name === "fill");
  const sorted = useMemo(() => sortBins(seen.mask, by[1], sort.descending), [seen, sort, rank, version]);
  const [first, last] = useSight(box, sorted.length);
  const now = nowMs();
  const room = {marginTop: `${first * ROW_PX}px`, marginBottom: `${(sorted.length - last) * ROW_PX}px`};
  return html`<div class=${`table-box ${isAhead ? "ahead" : ""}`} tabindex="0" role="region" aria-label=${t("table.caption")} ref=${box}>
    <table style=${room} aria-rowcount=${sorted.length + 1}><caption class="visually-hidden">${t("table.caption")}</caption>
      <${Head} names=${all} sort=${sort} onSort=${(next) => {
        onSort(next);
        box.current.scrollTop = 0;
      }} />
      <tbody>${sorted.slice(first, last).map((bin, n) => html`<${Row} key=${bins.ids[bin]} bin=${bins.row(bin)}
        index=${first + n} band=${{now: bins.bandNow(bin), then: seen.bands[bin]}} isAhead=${isAhead} now=${now}
        onOpen=${desk.select} isSelected=${bins.ids[bin] === selectedId} />`)}</tbody></table>
    ${!sorted.length && html`<p class="empty">${t("table.empty")}</p>`}
  </div>`;
}
