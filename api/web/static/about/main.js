/** What runs here: version, licence, and everything by others that is part of it. */
import {ask} from "../lib/api.js";
import {useWords} from "../lib/context.js";
import {html, useEffect, useState} from "../lib/html.js";
import {Page, loadCity, mount} from "../lib/page.js";
import {Fault} from "../office/refused.js";
import {TopBar} from "../office/topbar.js";

const BILL = "/api/v1/about/sbom.cdx.json";
const KINDS = ["browser", "python", "other"];

function Product({about}) {
  const {t} = useWords();
  return html`<section><h2>${t("about.heading")}</h2>
    <dl class="facts"><dt>${t("about.version")}</dt><dd>${about.version}</dd>
      <dt>${t("about.licence")}</dt><dd>${about.licence}</dd>
      <dt>${t("about.python")}</dt><dd>${about.python}</dd></dl>
    <p>${t("about.bill_words")}</p>
    <a class="button" href=${BILL} download>${t("about.bill")}</a></section>`;
}

function Row({part}) {
  const {t} = useWords();
  return html`<tr><th scope="row">${part.name}</th><td>${part.version || "–"}</td><td>${part.licence}</td>
    <td>${t(part.needed_to_run ? "about.runs" : "about.builds")}</td></tr>`;
}

function Parts({kind, parts}) {
  const {t} = useWords();
  const title = `${t(`about.kind.${kind}`)} (${parts.length})`;
  return html`<section><h2 id=${`parts-${kind}`}>${title}</h2>
    <div class="parts" tabindex="0" role="region" aria-labelledby=${`parts-${kind}`}><table>
      <thead><tr><th scope="col">${t("about.name")}</th><th scope="col">${t("about.version")}</th>
        <th scope="col">${t("about.licence")}</th><th scope="col">${t("about.purpose")}</th></tr></thead>
      <tbody>${parts.map((part) => html`<${Row} key=${part.name} part=${part} />`)}</tbody></table></div></section>`;
}

function About({onLanguage}) {
  const {t} = useWords();
  const [about, setAbout] = useState(null);
  const [fault, setFault] = useState("");
  useEffect(() => {
    ask("/about").then(setAbout, (error) => setFault(error));
  }, []);
  return html`<div class="manager"><${TopBar} here="about" onLanguage=${onLanguage} />
    <main class="account" id="content" tabindex="-1"><div class="cards">
      <${Fault} fault=${fault} />
      ${!about && !fault && html`<p role="status">${t("app.loading")}</p>`}
      ${about && html`<${Product} about=${about} />${KINDS.map((kind) => html`<${Parts} key=${kind} kind=${kind}
        parts=${about.parts.filter((part) => part.kind === kind)} />`)}`}
    </div></main></div>`;
}

const city = await loadCity().catch(() => null); // there may be none yet
mount(html`<${Page} city=${city} titleKey="about.title"
  view=${(onLanguage) => html`<${About} onLanguage=${onLanguage} />`} />`);
