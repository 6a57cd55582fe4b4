/** The bar on top of the office's pages: whose city, which page, what time, and how it shall look. */
import {carry} from "../lib/api.js";
import {clockFactor} from "../lib/clock.js";
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {AlertCount} from "./alertcount.js";
import {mayOpen} from "./may.js";
import {useNow} from "./now.js";
import {LanguageSwitch, ThemeSwitch} from "../lib/switches.js";

/** The city's time; in a demo it runs fast, and says so. */
function CityClock() {
  const {t, format} = useWords();
  const now = useNow();
  const factor = clockFactor();
  return html`<p class="clock"><time dateTime=${new Date(now).toISOString()}>${format.dayTime(now)}</time>
    ${factor !== 1 && html`<span class="pill demo">${t("bar.demo_clock", {factor: format.whole(factor)})}</span>`}</p>`;
}

/** Every page of the office, in the order of a day's work; one that the server does not have gets no link. */
const PAGES = {
  city: "/", planning: "/planning", followup: "/followup", figures: "/figures", alerts: "/alerts",
  assets: "/assets", sensors: "/sensors", tablets: "/tablets", people: "/people",
  audit: "/audit", connections: "/connections",
};

const there = () => Object.entries(PAGES).filter(([, path]) => mayOpen(path));

/** On a narrow screen the bar of pages scrolls: begin where one is. */
const intoView = (link) => link?.scrollIntoView({block: "nearest", inline: "center"});

/** Who is signed in, as the shell tells it. */
const person = () => document.documentElement.dataset.person ?? "";
const initials = (name) => name.split(/\s+/).map((part) => part[0]).join("").slice(0, 2).toUpperCase();

/** Whoever is not signed in any more is led to where one signs in, and back. */
function toLogin() {
  location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
}
carry("", toLogin);

/** `live`: whether the page hears from the server; undefined while it does not know yet. */
export function TopBar({here, live, onLanguage}) {
  const {t, city} = useWords();
  return html`<header class="bar">
    <a class="skip-link" href="#content">${t("app.skip_to_content")}</a>
    <h1><img src="/static/icons/tomma.svg" width="28" height="28" alt="" />${t("app.name")}
      <span>${city?.organisation.name ?? ""}</span></h1>
    <span class="spring"></span>
    ${city && html`<${CityClock} />`}
    ${live !== undefined && html`<p class=${`pill live ${live ? "on" : "off"}`} role="status"><i aria-hidden="true"></i>
      ${t(live ? "bar.live" : "bar.reconnecting")}</p>`}
    <${LanguageSwitch} onLanguage=${onLanguage} /><${ThemeSwitch} />
    ${person() && html`<a class="bar-button whoami" href="/account" title=${person()}
      aria-label=${`${t("nav.account")}: ${person()}`} aria-current=${here === "account" ? "page" : undefined}
      >${initials(person())}</a>`}
    <nav class="pages" aria-label=${t("nav.label")}>${there().map(([page, path]) => html`<a key=${page}
      href=${path} ref=${page === here ? intoView : undefined} aria-current=${page === here ? "page" : undefined}><span>${t(`nav.${page}`)}${page === "alerts"
        && city && html` <${AlertCount} />`}</span></a>`)}</nav>
  </header>`;
}
