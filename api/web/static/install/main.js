/** The installer's page: opens what the phone keeps, then draws; the network may come later. */
import {html} from "../lib/html.js";
import {Page, cityOrMemory, mount} from "../lib/page.js";
import {InstallApp} from "./app.js";
import {keepPage} from "./offline.js";
import {openSession} from "./session.js";

const show = (city, session, fault) => mount(html`<${Page} city=${city} titleKey="install.title"
  view=${(onLanguage) => html`<${InstallApp} session=${session} fault=${fault} onLanguage=${onLanguage} />`} />`);

try {
  const [city, session] = await Promise.all([cityOrMemory(), openSession()]);
  show(city, session, "");
  keepPage((page) => session.store.set({page}));
} catch (error) {
  show(null, null, error.message);
}
