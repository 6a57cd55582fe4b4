/** How an office page begins: it is often opened before the server, or a city in it, is there. */
import {html} from "../lib/html.js";
import {Page, loadCity, mount} from "../lib/page.js";

const RETRY_MS = 3_000;

/**
 * Open an office page as soon as there is a city.
 *
 * @param {string} titleKey
 * @param {(city: object) => object} openDesk Makes what the page knows.
 * @param {(desk: object | null, fault: Error | "", onLanguage: Function) => object} view `desk` is null while we wait.
 */
export async function openWhenThere(titleKey, openDesk, view) {
  const show = (city, desk, fault) => mount(html`<${Page} city=${city} titleKey=${titleKey}
    view=${(onLanguage) => view(desk, fault, onLanguage)} />`);
  for (;;) {
    try {
      const city = await loadCity();
      return show(city, openDesk(city), "");
    } catch (error) {
      show(null, null, error);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
