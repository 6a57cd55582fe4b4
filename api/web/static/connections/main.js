/** What is connected: the devices' logins at the broker, and what strangers may read. */
import {html} from "../lib/html.js";
import {Page, loadCity, mount} from "../lib/page.js";
import {may} from "../office/may.js";
import {TopBar} from "../office/topbar.js";
import {Logins} from "./logins.js";
import {OpenData} from "./opendata.js";

function Connections({onLanguage}) {
  return html`<div class="manager"><${TopBar} here="connections" onLanguage=${onLanguage} />
    <main class="account" id="content" tabindex="-1"><div class="cards wide">
      <${Logins} canChange=${may("logins")} />
      ${may("see-open-data") && html`<${OpenData} canChange=${may("open-data")} />`}</div></main></div>`;
}

const city = await loadCity().catch(() => null);
mount(html`<${Page} city=${city} titleKey="connections.title"
  view=${(onLanguage) => html`<${Connections} onLanguage=${onLanguage} />`} />`);
