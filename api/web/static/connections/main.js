/** What is connected: the devices' logins at the broker, and what strangers may read. */
import {Fault} from "../account/form.js";
import {ask} from "../lib/api.js";
import {html, useEffect, useState} from "../lib/html.js";
import {Page, loadCity, mount} from "../lib/page.js";
import {TopBar} from "../office/topbar.js";
import {Logins} from "./logins.js";
import {OpenData} from "./opendata.js";

const CHANGES_LOGINS = ["manager", "admin"];
const READS_OPEN_DATA = ["manager", "auditor"];

function Connections({onLanguage}) {
  const [roles, setRoles] = useState([]);
  const [fault, setFault] = useState("");
  useEffect(() => {
    ask("/me").then((me) => setRoles(me.roles), (error) => setFault(error.message));
  }, []);
  const may = (some) => some.some((role) => roles.includes(role));
  return html`<div class="manager"><${TopBar} here="connections" onLanguage=${onLanguage} />
    <main class="account" id="content" tabindex="-1"><div class="cards wide"><${Fault} text=${fault} />
      ${roles.length > 0 && html`<${Logins} canChange=${may(CHANGES_LOGINS)} />`}
      ${may(READS_OPEN_DATA) && html`<${OpenData} canChange=${may(["manager"])} />`}</div></main></div>`;
}

const city = await loadCity().catch(() => null);
mount(html`<${Page} city=${city} titleKey="connections.title"
  view=${(onLanguage) => html`<${Connections} onLanguage=${onLanguage} />`} />`);
