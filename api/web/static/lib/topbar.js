/** The bar on top of the office's pages: whose city, which page, what time, and how it shall look. */
import {clockFactor, nowMs} from "./clock.js";
import {useWords} from "./context.js";
import {html, useEffect, useState} from "./html.js";
import {LanguageSwitch, ThemeSwitch} from "./switches.js";

const TICK_MS = 1_000;

/** The city's time; in a demo it runs fast, and says so. */
function CityClock() {
  const {t, format} = useWords();
  const [now, setNow] = useState(nowMs);
  useEffect(() => {
    const timer = setInterval(() => setNow(nowMs()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const factor = clockFactor();
  return html`<p class="clock"><time dateTime=${new Date(now).toISOString()}>${format.dayTime(now)}</time>
    ${factor !== 1 && html`<span class="pill demo">${t("bar.demo_clock", {factor: format.whole(factor)})}</span>`}</p>`;
}

const PAGES = {city: "/", sensors: "/sensors", tablets: "/tablets"};

/** `live`: whether the page hears from the server; undefined while it does not know yet. */
export function TopBar({here, live, onLanguage}) {
  const {t, city} = useWords();
  return html`<header class="bar">
    <a class="skip-link" href="#content">${t("app.skip_to_content")}</a>
    <h1><img src="/static/icons/tomma.svg" width="28" height="28" alt="" />${t("app.name")}
      <span>${city?.organisation.name ?? ""}</span></h1>
    <nav class="pages" aria-label=${t("nav.label")}>${Object.entries(PAGES).map(([page, path]) => html`<a key=${page}
      href=${path} aria-current=${page === here ? "page" : undefined}>${t(`nav.${page}`)}</a>`)}</nav>
    <span class="spring"></span>
    ${city && html`<${CityClock} />`}
    ${live !== undefined && html`<p class=${`pill live ${live ? "on" : "off"}`} role="status"><i aria-hidden="true"></i>
      ${t(live ? "bar.live" : "bar.reconnecting")}</p>`}
    <${LanguageSwitch} onLanguage=${onLanguage} /><${ThemeSwitch} />
  </header>`;
}
