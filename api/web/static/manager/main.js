/** The manager's page: the whole city, live. */
import {html} from "../lib/html.js";
import {Page, loadCity, mount} from "../lib/page.js";
import {ManagerApp} from "./app.js";
import {openDesk} from "./desk.js";

const RETRY_MS = 3_000;

/** Wait for the server and for a city in it: the page is often opened before either is there. */
async function waitForCity() {
  for (;;) {
    try {
      return await loadCity();
    } catch (error) {
      mount(html`<${Page} city=${null} titleKey="app.manager_title"
        view=${(onLanguage) => html`<${ManagerApp} desk=${null} fault=${error.message} onLanguage=${onLanguage} />`} />`);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

const city = await waitForCity();
const desk = openDesk(city);
mount(html`<${Page} city=${city} titleKey="app.manager_title"
  view=${(onLanguage) => html`<${ManagerApp} desk=${desk} onLanguage=${onLanguage} />`} />`);
