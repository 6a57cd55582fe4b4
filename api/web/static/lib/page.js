/** What both pages do first: words, formats, city and clock, handed to every component. */
import {getCity} from "./api.js";
import {syncClock, wallMs} from "./clock.js";
import {Words} from "./context.js";
import {createFormat} from "./format.js";
import {html, render, useEffect, useMemo, useState} from "./html.js";
import {initialLanguage, keepLanguage, loadLanguage, translator} from "../i18n/index.js";

await loadLanguage(initialLanguage());

/** Ask for the city and set the page's clock by it. */
export async function loadCity() {
  const askedMs = wallMs();
  const city = await getCity();
  syncClock(city.clock, askedMs);
  return city;
}

/** Give `children` the words and formats of the chosen language. */
export function Page({city, titleKey, view}) {
  const [language, setLanguage] = useState(initialLanguage);
  const words = useMemo(() => ({
    t: translator(language), language, city, format: createFormat(language, city?.organisation),
  }), [language, city]);
  useEffect(() => {
    document.documentElement.lang = language;
    document.title = words.t(titleKey);
  }, [language]);
  const change = async (next) => {
    await loadLanguage(next);
    keepLanguage(next);
    setLanguage(next);
  };
  return html`<${Words.Provider} value=${words}>${view(change)}</${Words.Provider}>`;
}

export const mount = (element) => render(element, document.getElementById("app"));

const RETRY_MS = 3_000;

/**
 * Open an office page: wait for the server and for a city in it, since the page is often opened before either is there.
 *
 * @param {string} titleKey
 * @param {(city: object) => object} openDesk Makes what the page knows.
 * @param {(desk: object | null, fault: string, onLanguage: Function) => object} view `desk` is null while we wait.
 */
export async function openWhenThere(titleKey, openDesk, view) {
  const show = (city, desk, fault) => mount(html`<${Page} city=${city} titleKey=${titleKey}
    view=${(onLanguage) => view(desk, fault, onLanguage)} />`);
  for (;;) {
    try {
      const city = await loadCity();
      return show(city, openDesk(city), "");
    } catch (error) {
      show(null, null, error.message);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
