/** What every page does first: words, formats, city and clock, handed to every component. */
import {getCity} from "./api.js";
import {syncClock, wallMs} from "./clock.js";
import {Words} from "./context.js";
import {createFormat} from "./format.js";
import {html, render, useEffect, useMemo, useState} from "./html.js";
import {recalledJson, remember} from "./memory.js";
import {initialLanguage, keepLanguage, loadLanguage, translator} from "../i18n/index.js";

const CITY_KEPT = "tomma.city";

await loadLanguage(initialLanguage());

/** Ask for the city and set the page's clock by it. */
export async function loadCity() {
  const askedMs = wallMs();
  const city = await getCity();
  syncClock(city.clock, askedMs);
  return city;
}

/** The city, or what this device remembers of it while the server is away; null before the first visit. */
export async function cityOrMemory() {
  try {
    const city = await loadCity();
    remember(CITY_KEPT, JSON.stringify(city));
    return city;
  } catch {
    return recalledJson(CITY_KEPT);
  }
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
