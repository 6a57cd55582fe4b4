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
