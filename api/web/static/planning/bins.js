/** Every bin of the city with the reason why it is taken or left: nothing vanishes, and everything can be found. */
import {fractionName, useWords} from "../lib/context.js";
import {html, useMemo, useState} from "../lib/html.js";
import {Pager} from "../lib/pager.js";
import {reasonText, reasonTitle} from "../lib/reasons.js";
import {placesOf} from "./rounds.js";

const PAGE = 100;
const lowered = (text) => text.toLocaleLowerCase();

/** One entry for each bin, those taken first in the order they are driven. */
export function entriesOf(plan, byId) {
  const taken = [...placesOf(plan)].map(([binId, place]) => ({binId, place, reasons: place.stop.reasons}));
  const left = plan.left_out.map((each) => ({binId: each.bin_id, place: null, reasons: each.reasons}));
  return [...taken, ...left].map((each) => ({...each, name: byId.get(each.binId)?.name ?? each.binId,
    fraction: byId.get(each.binId)?.fraction}));
}

/** @param {{words: string, which: string}} asked `which` is "", "taken", "left" or the code of a reason. */
export function found(entries, {words, which}) {
  const sought = lowered(words.trim());
  return entries.filter((each) => (
    (!sought || lowered(`${each.name} ${each.binId}`).includes(sought))
    && (!which || (which === "taken" ? each.place : which === "left" ? !each.place
      : each.reasons.some((reason) => reason.code === which)))));
}

function Asked({asked, onAsked, entries, shown}) {
  const {t, format} = useWords();
  const codes = [...new Set(entries.flatMap((each) => each.reasons.map((reason) => reason.code)))].sort();
  const option = (value, text) => html`<option key=${value} value=${value}>${text}</option>`;
  return html`<div class="tools"><div class="fields">
    <label><span class="visually-hidden">${t("bins.search")}</span><input type="search" placeholder=${t("bins.search")}
      value=${asked.words} onInput=${(event) => onAsked({...asked, words: event.target.value})} /></label>
    <label><span class="visually-hidden">${t("bins.which")}</span><select value=${asked.which}
      onChange=${(event) => onAsked({...asked, which: event.target.value})}>
      ${option("", t("bins.all"))}${option("taken", t("bins.taken"))}${option("left", t("bins.left"))}
      ${codes.map((code) => option(code, reasonTitle(code, t)))}</select></label>
    <p class="count" role="status">${t("bins.showing", {
      shown: format.whole(shown), all: format.whole(entries.length), n: entries.length})}</p></div></div>`;
}

function Row({entry, desk, selected}) {
  const {t, format, city, language} = useWords();
  const {place} = entry;
  return html`<tr class=${selected ? "selected" : ""}>
    <th scope="row"><button type="button" class="link" onClick=${() => desk.select(entry.binId)}>${entry.name}</button>
      <small>${entry.binId} · ${fractionName(city, entry.fraction, language)}</small></th>
    <td>${place ? t("bins.on", {vehicle: place.route.vehicle_name, n: place.position + 1}) : t("bins.not")}</td>
    <td class="why">${entry.reasons.map((reason) => reasonText(reason, t, format)).join(" ")}</td></tr>`;
}

export function BinList({desk, state}) {
  const {t} = useWords();
  const {plan, byId} = state;
  const [asked, setAsked] = useState({words: "", which: ""});
  const [wanted, setPage] = useState(0);
  const entries = useMemo(() => entriesOf(plan, byId), [plan, byId]);
  const rows = useMemo(() => found(entries, asked), [entries, asked]);
  const pages = Math.max(1, Math.ceil(rows.length / PAGE));
  const page = Math.min(wanted, pages - 1);
  return html`<${Asked} asked=${asked} entries=${entries} shown=${rows.length} onAsked=${(next) => {
      setAsked(next);
      setPage(0);
    }} />
    <div class="table-box" tabindex="0" role="region" aria-label=${t("bins.caption")}>
      <table class="why-table"><caption class="visually-hidden">${t("bins.caption")}</caption>
        <thead><tr>${["place", "plan", "why"].map((each) => html`<th key=${each} scope="col">${t(`bins_head.${each}`)}</th>`)}</tr></thead>
        <tbody>${rows.slice(page * PAGE, (page + 1) * PAGE).map((entry) => html`<${Row} key=${entry.binId} entry=${entry}
          desk=${desk} selected=${entry.binId === state.selectedId} />`)}</tbody></table>
      ${!rows.length && html`<p class="empty">${t("bins.empty")}</p>`}
      ${pages > 1 && html`<${Pager} label=${t("view.bins")} page=${page} pages=${pages} onPage=${setPage} />`}
    </div>`;
}
