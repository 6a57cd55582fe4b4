/** The map's twin: the same bins, sorted and paged, for whoever would rather read. */
import {bandOf} from "../lib/bands.js";
import {nowMs} from "../lib/clock.js";
import {fractionName, useWords} from "../lib/context.js";
import {html, useMemo, useState} from "../lib/html.js";
import {Pager} from "../lib/pager.js";
import {BandMark} from "./filters.js";

const PAGE = 100;

/** Column: key of the words, value to sort by, biggest first at the first click. */
const COLUMNS = [
  ["place", (bin) => bin.name, false],
  ["fraction", (bin) => bin.fraction, false],
  ["fill", (bin) => bin.fill_fraction, true],
  ["overflow", (bin) => bin.p_overflow_24h, true],
  ["full_in", (bin) => bin.hours_to_full, false],
  ["measured", (bin) => bin.measured_utc, true],
  ["sensor", (bin) => bin.sensor_state, false],
  ["plan", (bin) => bin.plan_state, false],
];

/** Sort a copy; what is not known comes last, whichever way. */
export function sortBins(bins, valueOf, descending) {
  const known = [];
  const unknown = [];
  for (const bin of bins) (valueOf(bin) === null || valueOf(bin) === undefined ? unknown : known).push(bin);
  const way = descending ? -1 : 1;
  known.sort((one, other) => {
    const [left, right] = [valueOf(one), valueOf(other)];
    const order = typeof left === "string" ? left.localeCompare(right, undefined, {numeric: true}) : left - right;
    return way * order || one.id.localeCompare(other.id);
  });
  return [...known, ...unknown];
}

function Head({sort, onSort}) {
  const {t} = useWords();
  return html`<thead><tr>${COLUMNS.map(([name, , big]) => {
    const active = sort.name === name;
    const way = active ? (sort.descending ? "descending" : "ascending") : undefined;
    return html`<th key=${name} scope="col" aria-sort=${way} class=${name}>
      <button type="button" onClick=${() => onSort({name, descending: active ? !sort.descending : big})}>
        ${t(`table.${name}`)}<span aria-hidden="true">${active ? (sort.descending ? " ↓" : " ↑") : ""}</span>
      </button></th>`;
  })}</tr></thead>`;
}

function Row({bin, now, onOpen, selected}) {
  const {t, format, city, language} = useWords();
  const band = bandOf(bin.fill_fraction);
  return html`<tr class=${selected ? "selected" : ""}>
    <th scope="row"><button type="button" class="link" aria-label=${t("table.open", {name: `${bin.name} ${bin.id}`})}
      onClick=${() => onOpen(bin.id)}>${bin.name}</button><small>${bin.id}</small></th>
    <td>${fractionName(city, bin.fraction, language)}</td>
    <td class="fill"><span><${BandMark} band=${band} size=${18} />${format.fill(bin.fill_fraction)}</span></td>
    <td class="number">${format.pct(bin.p_overflow_24h)}</td>
    <td class="number">${format.hours(bin.hours_to_full)}</td>
    <td class="number">${format.timeOrDay(bin.measured_utc, now)}</td>
    <td>${t(`sensor.${bin.sensor_state}`)}</td>
    <td>${bin.plan_state === "none" ? "–" : t(`plan_state.${bin.plan_state}`)}</td>
  </tr>`;
}

export function BinTable({bins, onOpen, selectedId}) {
  const {t} = useWords();
  const [sort, setSort] = useState({name: "fill", descending: true});
  const [wanted, setPage] = useState(0);
  const valueOf = COLUMNS.find(([name]) => name === sort.name)[1];
  const sorted = useMemo(() => sortBins(bins, valueOf, sort.descending), [bins, sort]);
  const pages = Math.max(1, Math.ceil(sorted.length / PAGE));
  const page = Math.min(wanted, pages - 1);
  const now = nowMs();
  return html`<div class="table-box" tabindex="0" role="region" aria-label=${t("table.caption")}>
    <table><caption class="visually-hidden">${t("table.caption")}</caption>
      <${Head} sort=${sort} onSort=${(next) => {
        setSort(next);
        setPage(0);
      }} />
      <tbody>${sorted.slice(page * PAGE, (page + 1) * PAGE).map((bin) => html`<${Row} key=${bin.id} bin=${bin} now=${now}
        onOpen=${onOpen} selected=${bin.id === selectedId} />`)}</tbody></table>
    ${!sorted.length && html`<p class="empty">${t("table.empty")}</p>`}
    ${pages > 1 && html`<${Pager} label=${t("manager.table")} page=${page} pages=${pages} onPage=${setPage} />`}
  </div>`;
}
