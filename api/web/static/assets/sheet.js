/** The registry as a spreadsheet: out with a click, back in after a look at what would become of the city. */
import {useWords} from "../lib/context.js";
import {html, useState} from "../lib/html.js";
import {may} from "../office/may.js";
import {boundText, kindOf, refusalText} from "../office/refused.js";
import {importSheet} from "./api.js";

const SHOWN = 200;
const ACTIONS = {add: "+", change: "±", remove: "−"};

const told = (value) => (value === null || value === undefined || value === "" ? "–"
  : typeof value === "object" ? Object.values(value).join(", ") : String(value));

function Faults({faults}) {
  const words = useWords();
  const {t, format} = words;
  return html`<section role="alert"><h3>${t("sheet.faults", {n: faults.length})}</h3>
    <div class="table-box" tabindex="0" role="region" aria-label=${t("sheet.faults", {n: faults.length})}><table>
      <thead><tr>${["line", "column", "bound", "value"].map((name) => html`<th key=${name} scope="col"><span class="head">${t(`sheet.${name}`)}</span></th>`)}</tr></thead>
      <tbody>${faults.slice(0, SHOWN).map((each, index) => html`<tr key=${index}><th scope="row">${each.line ? format.whole(each.line) : "–"}</th>
        <td>${each.column === "row" ? t("sheet.row") : each.column || "–"}</td><td class="wraps">${boundText(each, words)}</td><td class="wraps"><code>${each.value || "–"}</code></td></tr>`)}</tbody></table></div></section>`;
}

function Changes({changes, total}) {
  const {t, format} = useWords();
  if (!changes.length) return html`<p class="hint">${t("sheet.nothing")}</p>`;
  return html`<section><h3>${t("sheet.changes")}</h3>
    <div class="table-box" tabindex="0" role="region" aria-label=${t("sheet.changes")}><table>
      <thead><tr>${["what", "thing", "line", "differs"].map((name) => html`<th key=${name} scope="col"><span class="head">${t(`sheet.${name}`)}</span></th>`)}</tr></thead>
      <tbody>${changes.slice(0, SHOWN).map((each) => html`<tr key=${each.kind + each.id}>
        <th scope="row"><span class=${`action ${each.action}`} aria-hidden="true">${ACTIONS[each.action]}</span> ${t(`sheet.${each.action}`)}</th>
        <td>${t(`assets.kind.${each.kind}`)} <b>${each.id}</b></td><td class="number">${each.line ?? "–"}</td>
        <td class="wraps">${each.action === "change" ? Object.keys(each.after).map((name) => html`<span key=${name} class="differs">${name}:
          <del>${told(each.before[name])}</del> → <ins>${told(each.after[name])}</ins></span>`) : ""}</td></tr>`)}</tbody></table></div>
    ${total > SHOWN && html`<p class="hint">${t("sheet.more", {n: format.whole(total - SHOWN)})}</p>`}</section>`;
}

function Outcome({outcome, onDo, busy}) {
  const {t, format} = useWords();
  const {added, changed, removed, faults, changes, rows} = outcome;
  const total = added + changed + removed;
  return html`<div class="outcome">
    <p class="sum" role="status">${t(outcome.dry_run ? "sheet.would" : "sheet.did", {
      rows: format.whole(rows), added: format.whole(added), changed: format.whole(changed), removed: format.whole(removed)})}
      <small>${t("sheet.read_as", {encoding: outcome.encoding, delimiter: outcome.delimiter === "\t" ? "tab" : outcome.delimiter})}</small></p>
    ${faults.length > 0 ? html`<${Faults} faults=${faults} />` : html`<${Changes} changes=${changes} total=${total} />`}
    ${outcome.dry_run && !faults.length && total > 0 && html`<p class="buttons"><button type="button" class="button primary" disabled=${busy}
      onClick=${onDo}>${t("sheet.do", {n: total})}</button></p>`}</div>`;
}

function Import({desk}) {
  const words = useWords();
  const {t} = words;
  const [file, setFile] = useState(null);
  const [whole, setWhole] = useState(false);
  const [outcome, setOutcome] = useState(null);
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);
  const run = async (dryRun, chosen = file, isWhole = whole) => {
    if (!chosen) return;
    setBusy(true);
    setFault("");
    try {
      const query = {dry_run: dryRun, remove_missing: isWhole};
      setOutcome(await importSheet(chosen, query, dryRun ? "" : String(outcome.revision)));
      if (!dryRun) desk.again();
    } catch (error) {
      if (dryRun) setOutcome(null);
      setFault(kindOf(error) === "changed-meanwhile" ? t("sheet.changed_meanwhile") : refusalText(error, words));
    } finally {
      setBusy(false);
    }
  };
  const choose = (event) => {
    const [chosen] = event.target.files;
    setFile(chosen ?? null);
    run(true, chosen);
  };
  return html`<section><h3>${t("sheet.in")}</h3><p class="hint">${t("sheet.in_hint")}</p>
    <p class="buttons"><label class="file"><span class="button">${t("sheet.file")}</span><input class="visually-hidden" type="file"
        accept=".csv,text/csv,.txt" onChange=${choose} /><span class="chosen-file">${file?.name ?? t("sheet.no_file")}</span></label></p>
    <p><label class="tick"><input type="checkbox" checked=${whole} onChange=${(event) => {
      setWhole(event.target.checked);
      run(true, file, event.target.checked);
    }} /> ${t("sheet.whole")}</label></p>
    ${busy && html`<p role="status">${t("sheet.looking")}</p>`}
    ${fault && html`<p class="fault" role="alert">${fault}</p>`}
    ${outcome && html`<${Outcome} outcome=${outcome} busy=${busy} onDo=${() => run(false)} />`}</section>`;
}

export function Sheet({desk}) {
  const {t} = useWords();
  return html`<section class="asset-list wide"><div class="scroll sheet" tabindex="0" role="region" aria-label=${t("assets.tab.sheet")}>
    <h2>${t("assets.tab.sheet")}</h2>
    <section><h3>${t("sheet.out")}</h3>${may("assets") && html`<p class="hint">${t("sheet.out_hint")}</p>`}
      <p class="buttons"><a class="button" download href="/api/v1/assets/export.csv?form=excel">${t("sheet.excel")}</a>
        <a class="button" download href="/api/v1/assets/export.csv">${t("sheet.plain")}</a></p></section>
    ${may("assets") && html`<${Import} desk=${desk} />`}</div></section>`;
}
