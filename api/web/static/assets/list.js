/** The lists of bins, places, container types, devices and of what went out of use. */
import {fractionName, useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {Pager} from "../lib/pager.js";
import {may} from "../office/may.js";
import {PAGE} from "./desk.js";
import {yearDay} from "./words.js";

const absent = "–";
/** Column: its key, how it is shown, what it is sorted by. */
const COLUMNS = {
  bins: [
    ["id", (row) => row.id, "id"], ["site_name", (row) => row.site_name, "site"], ["area", (row) => row.area || absent, "area"],
    ["container_type", (row) => row.container_type, "type"],
    ["fraction", (row, {city, language}) => fractionName(city, row.fraction_code, language), "fraction"],
    ["sensor", (row) => row.sensor_id ?? absent, "sensor"],
    ["make", (row) => [row.make, row.model].filter(Boolean).join(" ") || absent, null],
    ["since", (row, {format}) => (row.since_utc ? yearDay(row.since_utc, format) : absent), "since"],
  ],
  sites: [
    ["id", (row) => row.id], ["name", (row) => row.name], ["area", (row) => row.area || absent],
    ["position", (row) => `${row.lat_deg.toFixed(5)}, ${row.lon_deg.toFixed(5)}`], ["access_note", (row) => row.access_note || absent],
    ["bins", (row, {format}) => format.whole(row.bins)],
  ],
  "container-types": [
    ["id", (row) => row.id], ["name", (row) => row.name], ["volume_l", (row, {format}) => format.litres(row.volume_l)],
    ["empty_mm", (row, {format}) => format.whole(row.empty_mm)], ["full_mm", (row, {format}) => format.whole(row.full_mm)],
    ["shape", (row, {t}) => t(`assets.shape.${row.shape}`)], ["bins", (row, {format}) => format.whole(row.bins)],
  ],
  sensors: [
    ["id", (row) => row.id], ["make", (row) => row.make || absent], ["model", (row) => row.model || absent],
    ["bin_id", (row) => row.bin_id ?? absent], ["since", (row, {format}) => (row.since_utc ? yearDay(row.since_utc, format) : absent)],
  ],
  retired: [
    ["id", (row) => row.id], ["kind", (row, {t}) => t(`assets.kind.${row.kind}`)],
    ["retired", (row, {format}) => format.dayTime(row.retired_utc)],
    ["what", (row) => row.value.name ?? row.value.site_id ?? [row.value.make, row.value.model].filter(Boolean).join(" ")],
  ],
};
const NUMBERS = new Set(["volume_l", "empty_mm", "full_mm", "bins", "since"]);

function Tools({state, desk}) {
  const {t, format, city, language} = useWords();
  const {query, tab, total, areas} = state;
  const pick = (name) => (event) => desk.look({[name]: event.target.value});
  const searched = ["bins", "sites", "sensors"].includes(tab);
  return html`<div class="asset-tools" role="search">
    ${searched && html`<label><span class="visually-hidden">${t(`assets.search.${tab}`)}</span><input type="search"
      placeholder=${t(`assets.search.${tab}`)} value=${query.q} onInput=${pick("q")} /></label>`}
    ${tab === "bins" && html`
      ${areas.length > 0 && html`<label><span>${t("assets.col.area")}</span><select value=${query.area} onChange=${pick("area")}>
        <option value="">${t("assets.all")}</option>${areas.map((each) => html`<option key=${each} value=${each}>${each}</option>`)}</select></label>`}
      <label><span>${t("assets.col.fraction")}</span><select value=${query.fraction} onChange=${pick("fraction")}>
        <option value="">${t("assets.all")}</option>${city.fractions.map(({code}) => html`<option key=${code} value=${code}>
          ${fractionName(city, code, language)}</option>`)}</select></label>
      <label><span>${t("assets.col.sensor")}</span><select value=${query.sensor} onChange=${pick("sensor")}>
        ${["", "with", "without"].map((each) => html`<option key=${each} value=${each}>${t(`assets.sensor.${each || "all"}`)}</option>`)}</select></label>`}
    <p class="shown" role="status">${t("assets.shown", {n: format.whole(total)})}</p>
    ${tab !== "retired" && may("assets") && html`<button type="button" class="button primary" onClick=${() => desk.make()}>${t(`assets.new.${tab}`)}</button>`}
  </div>`;
}

function Head({columns, state, desk}) {
  const {t} = useWords();
  const {query} = state;
  return html`<thead><tr>${columns.map(([name, , sort]) => {
    const active = sort && query.sort === sort;
    const way = active ? (query.descending ? "descending" : "ascending") : undefined;
    const turn = () => desk.look({sort, descending: active ? !query.descending : false});
    return html`<th key=${name} scope="col" aria-sort=${way}>${sort
      ? html`<button type="button" onClick=${turn}>${t(`assets.col.${name}`)}<span aria-hidden="true">${active
        ? (query.descending ? " ↓" : " ↑") : ""}</span></button>`
      : html`<span class="head">${t(`assets.col.${name}`)}</span>`}</th>`;
  })}</tr></thead>`;
}

export function List({state, desk}) {
  const words = useWords();
  const {t} = words;
  const {tab, rows, total, query} = state;
  const columns = COLUMNS[tab];
  const pages = Math.max(1, Math.ceil(total / PAGE));
  const opens = tab !== "retired";
  return html`<section class="asset-list">
    <${Tools} state=${state} desk=${desk} />
    <div class="table-box" tabindex="0" role="region" aria-label=${t(`assets.tab.${tab}`)}>
      <table><caption class="visually-hidden">${t(`assets.tab.${tab}`)}</caption>
        <${Head} columns=${columns} state=${state} desk=${desk} />
        <tbody>${(rows ?? []).map((row) => html`<tr key=${`${row.kind ?? ""}${row.id}${row.retired_utc ?? ""}`}
          class=${row.id === state.id ? "selected" : ""}>
          <th scope="row">${opens ? html`<a class="link" href=${`#${tab}/${encodeURIComponent(row.id)}`}>${row.id}</a>` : row.id}</th>
          ${columns.slice(1).map(([name, shown]) => html`<td key=${name} class=${NUMBERS.has(name) ? "number" : name === "make" ? "wraps" : ""}>${shown(row, words)}</td>`)}
        </tr>`)}</tbody></table>
      ${rows && !rows.length && html`<p class="empty">${t(query.q ? "assets.nothing_found" : `assets.none.${tab}`)}</p>`}
      ${pages > 1 && html`<${Pager} label=${t(`assets.tab.${tab}`)} page=${Math.floor(query.offset / PAGE)} pages=${pages}
        onPage=${(page) => desk.look({offset: page * PAGE})} />`}
    </div></section>`;
}
