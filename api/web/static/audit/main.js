/** Who did what: the records, newest first, narrowed by who, what, on what and outcome. */
import {Fault, Field, sending, useDeed} from "../account/form.js";
import {ask} from "../lib/api.js";
import {useWords} from "../lib/context.js";
import {html, useEffect, useState} from "../lib/html.js";
import {Page, loadCity, mount} from "../lib/page.js";
import {TopBar} from "../office/topbar.js";

const PAGE = 100;
const OUTCOMES = ["done", "refused", "failed"];
const NONE = {actor: "", action: "", target: "", outcome: ""};

const query = (search, before) => {
  const filled = Object.entries({...search, before, limit: PAGE}).filter(([, value]) => value);
  return `/audit?${new URLSearchParams(filled)}`;
};
const told = (facts) => Object.entries(facts)
  .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(", ") : value}`).join(" · ");

/** To the second and in UTC, as exports and log lines have it. */
const utc = (text) => `${text.slice(0, 19).replace("T", " ")}Z`;

/** `person:anna`, broken behind the colon where it does not fit. */
function Named({text}) {
  const [kind, ...rest] = text.split(":");
  return rest.length ? html`${kind}:<wbr />${rest.join(":")}` : text;
}

function Row({record}) {
  const {t, format} = useWords();
  return html`<tr><td class="number">${format.whole(record.number)}</td>
    <td><time dateTime=${record.at_utc}>${utc(record.at_utc)}</time></td>
    <th scope="row"><${Named} text=${record.actor || t("audit.stranger")} /></th>
    <td><code>${record.action}</code></td><td class="wraps"><${Named} text=${record.target} /></td>
    <td><span class=${`tag ${record.outcome}`}>${t(`audit.outcome.${record.outcome}`)}</span></td>
    <td class="wraps more">${told(record.facts)}</td></tr>`;
}

const EXAMPLES = {actor: "person:anna", action: "publish_plan", target: "bin:P0001A"};
const SEARCHED = Object.keys(EXAMPLES);

/** The search is for the whole word, so the words that stand in the list are offered. */
function Search({search, records, onSearch}) {
  const {t} = useWords();
  const [wanted, setWanted] = useState(search);
  const put = (name) => (value) => setWanted({...wanted, [name]: value});
  const clear = () => {
    setWanted(NONE);
    onSearch(NONE);
  };
  return html`<form class="search" onSubmit=${sending(() => onSearch(wanted))}>
    ${SEARCHED.map((name) => html`<${Field} key=${name} name=${name} label=${t(`audit.col.${name}`)} value=${wanted[name]}
      onInput=${put(name)} placeholder=${EXAMPLES[name]} list=${`seen-${name}`} autocomplete="off" />
      <datalist id=${`seen-${name}`}>${[...new Set((records ?? []).map((each) => each[name]))].map((each) => html`<option
        key=${each} value=${each} />`)}</datalist>`)}
    <label class="field"><b>${t("audit.col.outcome")}</b><select value=${wanted.outcome}
      onChange=${(event) => put("outcome")(event.target.value)}><option value="">${t("audit.any")}</option>
      ${OUTCOMES.map((each) => html`<option key=${each} value=${each}>${t(`audit.outcome.${each}`)}</option>`)}</select></label>
    <div class="row"><button class="button primary">${t("audit.search")}</button>
      <button type="button" class="button" onClick=${clear}>${t("audit.clear")}</button></div></form>`;
}

function Audit({onLanguage}) {
  const {t} = useWords();
  const {busy, fault, run} = useDeed();
  const [search, setSearch] = useState(NONE);
  const [{records, next}, setFound] = useState({records: null, next: null});
  const load = (before) => run(async () => {
    const page = await ask(query(search, before));
    setFound({records: before ? [...records, ...page.records] : page.records, next: page.next_before});
  });
  useEffect(() => {
    load(null);
  }, [search]);
  const columns = ["number", "when", "actor", "action", "target", "outcome", "facts"];
  return html`<div class="manager"><${TopBar} here="audit" onLanguage=${onLanguage} />
    <main class="account" id="content" tabindex="-1"><div class="cards wide audit"><section>
      <h2>${t("audit.title")}</h2><p>${t("audit.words")}</p>
      <${Search} search=${search} records=${records} onSearch=${setSearch} /><${Fault} text=${fault} />
      ${records && html`<div class="table-box" tabindex="0" role="region" aria-label=${t("audit.title")}><table>
        <caption class="visually-hidden">${t("audit.title")}</caption>
        <thead><tr>${columns.map((name) => html`<th key=${name} scope="col">${t(`audit.col.${name}`)}</th>`)}</tr></thead>
        <tbody>${records.map((each) => html`<${Row} key=${each.number} record=${each} />`)}</tbody></table></div>
        ${!records.length && html`<p class="empty">${t("audit.none")}</p>`}
        ${next && html`<button type="button" class="button" disabled=${busy} onClick=${() => load(next)}>
          ${t("audit.older")}</button>`}`}</section></div></main></div>`;
}

const city = await loadCity().catch(() => null);
mount(html`<${Page} city=${city} titleKey="audit.page_title"
  view=${(onLanguage) => html`<${Audit} onLanguage=${onLanguage} />`} />`);
