/** What is done and what waits; from here a new piece of work begins. */
import {useWords} from "../lib/context.js";
import {html, useState} from "../lib/html.js";
import {useStore} from "../lib/store.js";
import {refusalText} from "../office/refused.js";
import {LanguageSwitch, ThemeSwitch} from "../lib/switches.js";
import {SelfTest} from "./selftest.js";
import {Wizard} from "./wizard.js";

const SIGNS = {waiting: "…", done: "✓", refused: "!"};

function Bar({state, onLanguage}) {
  const {t} = useWords();
  const waiting = state?.acts.filter((act) => act.status === "waiting").length ?? 0;
  return html`<header class="install-bar"><a class="skip-link" href="#content">${t("app.skip_to_content")}</a>
    <h1>${t("install.heading")}</h1><span class="spring"></span>
    <${LanguageSwitch} onLanguage=${onLanguage} /><${ThemeSwitch} />
    ${state && html`<p class=${`net ${state.online === false ? "off" : "on"}`} role="status">
      ${state.signedOut ? t("install.signed_out") : t(state.online === false ? "install.offline" : "install.online")}
      ${waiting > 0 && html` · <b>${t("install.waiting", {n: waiting})}</b>`}</p>`}</header>`;
}

function Act({act, session, onTest}) {
  const words = useWords();
  const {t, format} = words;
  const {body} = act;
  return html`<li class=${`act ${act.status}`}><span class="sign" aria-hidden="true">${SIGNS[act.status]}</span>
    <div><p><b>${body.sensor_id}</b> → <b>${body.bin_id}</b></p>
      <p>${t(`install.act.${act.status}`)} · ${format.dayTime(body.done_utc)}</p>
      ${act.refusal && html`<p class="fault" role="alert">${act.status === "done" ? `${t("install.photo_refused")} ` : ""}${refusalText(act.refusal, words)}</p>`}
      <p class="buttons">${act.status !== "refused" && html`<button type="button" class="button" onClick=${() => onTest(body)}>${t("install.test")}</button>`}
      ${act.status === "refused" && html`<button type="button" class="button" onClick=${() => session.putAway(act.key)}>${t("install.put_away")}</button>`}</p></div></li>`;
}

function Home({state, session, onBegin, onTest}) {
  const {t} = useWords();
  const {begun} = state;
  const ready = Boolean(state.catalogue);
  return html`<main id="content" class="install" tabindex="-1">
    ${state.signedOut && html`<p class="fault" role="alert">${t("install.sign_in")} <a href="/login?next=/install">${t("install.sign_in_link")}</a></p>`}
    ${!ready && html`<p class="fault" role="status">${t("install.no_copy")}</p>`}
    ${begun && ready && html`<button type="button" class="button primary wide begin" onClick=${() => onBegin(begun)}>
      ${t("install.go_on", {sensor: begun.draft.sensorId, bin: begun.draft.binId || "…"})}</button>`}
    <button type="button" class=${`button wide begin ${begun ? "" : "primary"}`} disabled=${!ready} onClick=${() => onBegin(null)}>${t("install.begin")}</button>
    <p class="hint">${t(state.page === "kept" ? "install.kept" : "install.not_kept")}</p>
    <section aria-label=${t("install.acts")}><h2>${t("install.acts")}</h2>
      ${!state.acts.length && html`<p class="hint">${t("install.no_acts")}</p>`}
      <ul class="acts">${state.acts.map((act) => html`<${Act} key=${act.key} act=${act} session=${session} onTest=${onTest} />`)}</ul></section></main>`;
}

function Connected({session, onLanguage}) {
  const state = useStore(session.store);
  const [view, setView] = useState({name: "home"});
  const home = () => setView({name: "home"});
  const test = (body) => setView({name: "test", body});
  return html`<${Bar} state=${state} onLanguage=${onLanguage} />
    ${view.name === "home" && html`<${Home} state=${state} session=${session} onBegin=${(begun) => setView({name: "wizard", begun})} onTest=${test} />`}
    ${view.name === "wizard" && html`<${Wizard} begun=${view.begun} state=${state} session=${session} onDone=${test} onCancel=${home} />`}
    ${view.name === "test" && html`<${SelfTest} body=${view.body} state=${state} onClose=${home} />`}`;
}

export function InstallApp({session, fault, onLanguage}) {
  const {t} = useWords();
  return session ? html`<${Connected} session=${session} onLanguage=${onLanguage} />`
    : html`<${Bar} onLanguage=${onLanguage} /><main id="content" class="install"><p class="fault" role="alert">
      ${t("install.keeps_nothing", {detail: fault})}</p></main>`;
}
