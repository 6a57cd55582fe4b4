/** Signing in: by password and code, by the identity provider, or by a one-time link. */
import {Fault, Field, sending, useDeed} from "../account/form.js";
import {ask} from "../lib/api.js";
import {useWords} from "../lib/context.js";
import {html, useEffect, useState} from "../lib/html.js";
import {Page, mount} from "../lib/page.js";
import {LanguageSwitch, ThemeSwitch} from "../lib/switches.js";

const asked = new URLSearchParams(location.search);
const linkIn = (hash) => hash.match(/^#link=([0-9a-f]{64})$/)?.[1] ?? "";
const link = linkIn(location.hash);
if (link) history.replaceState(null, "", location.pathname); // the secret shall not stay in the address bar
addEventListener("hashchange", ({newURL}) => {
  const other = linkIn(new URL(newURL).hash); // may be told late, of the link that was taken from the address just now
  if (other && other !== link) location.reload();
});

/** Where the person wanted to go: a path of this server, or home. */
function wanted() {
  const path = asked.get("next") ?? "/";
  return /^\/(?![/\\])[^\\]*$/.test(path) ? path : "/";
}

/** Go on: to the second factor first, where one must be set up; a driver's home is the driver's page. */
function enter(me) {
  const office = ["manager", "auditor"].some((role) => me.roles.includes(role));
  const home = office ? "/" : me.roles.includes("driver") ? "/driver" : me.roles.includes("installer") ? "/install" : "/account";
  location.assign(me.must_set_up_second_factor ? "/account" : wanted() === "/" ? home : wanted());
}

function SignIn({doors}) {
  const {t} = useWords();
  const {busy, fault, kind, run} = useDeed();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const needsCode = kind.startsWith("second-factor") || code !== "";
  const submit = async () => {
    const answer = await run(() => ask("/session", {method: "POST", body: {login, password, code: code.trim()}}));
    if (answer) enter(answer.me);
  };
  const shown = kind === "second-factor-required" ? "" : fault;
  return html`<h1>${t("login.heading")}</h1>
    ${doors.needs_setup && html`<p class="good">${t("login.setup")}</p>`}
    ${!doors.takes_passwords && html`<p class="fault">${t("refused.https-required")}</p>`}
    ${asked.get("refused") && html`<p class="fault" role="alert">${t(`refused.${asked.get("refused")}`)}</p>`}
    ${doors.provider && html`<a class="button primary" href=${`/oidc/begin?next=${encodeURIComponent(wanted())}`}>
      ${t("login.provider", {name: doors.provider})}</a><p class="or">${t("login.or")}</p>`}
    <form onSubmit=${sending(submit)}>
      <${Field} name="login" label=${t("field.login")} value=${login} onInput=${setLogin} autocomplete="username"
        autocapitalize="none" spellcheck="false" required autofocus />
      <${Field} name="password" type="password" label=${t("field.password")} value=${password} onInput=${setPassword}
        autocomplete="current-password" required />
      ${needsCode && html`<${Field} name="code" label=${t("field.code")} value=${code} onInput=${setCode} class="code"
        hint=${t("login.code_hint")} autocomplete="one-time-code" autofocus required />`}
      <${Fault} text=${shown} />
      <button class=${`button ${doors.provider ? "" : "primary"}`} disabled=${busy}>${t("login.submit")}</button></form>`;
}

function Redeem() {
  const {t} = useWords();
  const {busy, fault, run} = useDeed();
  const [what, setWhat] = useState(null);
  const [login, setLogin] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  useEffect(() => {
    run(() => ask("/links/look", {method: "POST", body: {link}})).then((answer) => answer && setWhat(answer));
  }, []);
  const submit = async () => {
    const body = {link, password, ...(what.purpose === "setup" && {login, name})};
    const answer = await run(() => ask("/links/redeem", {method: "POST", body}));
    if (answer?.me) enter(answer.me);
    else if (answer) location.assign("/login");
  };
  if (!what) {
    return html`<h1>${t("link.heading")}</h1><${Fault} text=${fault} /><p><a href="/login">${t("login.heading")}</a></p>`;
  }
  const first = what.purpose === "setup";
  return html`<h1>${t(`link.${what.purpose}`, {name: what.name})}</h1><form onSubmit=${sending(submit)}>
    ${first
    ? html`<p>${t("link.setup_words")}</p>
      <${Field} name="login" label=${t("field.login")} value=${login} onInput=${setLogin} hint=${t("link.login_hint")}
        autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus />
      <${Field} name="name" label=${t("field.name")} value=${name} onInput=${setName} autocomplete="name" required />`
    : html`<${Field} name="login" label=${t("field.login")} value=${what.login} onInput=${() => {}} readonly
        autocomplete="username" />`}
    <${Field} name="password" type="password" label=${t("field.new")} value=${password} onInput=${setPassword}
      hint=${t("password.rules", {n: what.password_length_min})} autocomplete="new-password" required />
    <${Fault} text=${fault} /><button class="button primary" disabled=${busy}>${t("link.submit")}</button></form>`;
}

function DemoPeople({logins}) {
  const {t} = useWords();
  const {fault, run} = useDeed();
  const be = async (login) => {
    const answer = await run(() => ask("/session/demo", {method: "POST", body: {login}}));
    if (answer) enter(answer.me);
  };
  return html`<h1>${t("demo.heading")}</h1><p>${t("demo.words")}</p><div class="choices">${logins.map((login) => html`
    <button type="button" key=${login} class="button" onClick=${() => be(login)}>${t(`demo.${login}`)}</button>`)}</div>
    <${Fault} text=${fault} />`;
}

function Gate({onLanguage}) {
  const {t} = useWords();
  const {fault, run} = useDeed();
  const [doors, setDoors] = useState(null);
  useEffect(() => {
    run(() => ask("/sign-in")).then((answer) => answer && setDoors(answer));
  }, []);
  return html`<div class="gate"><main id="content"><div class="brand">
      <img src="/static/icons/tomma.svg" width="32" height="32" alt="" /><span>${t("app.name")}</span>
      <${LanguageSwitch} onLanguage=${onLanguage} /><${ThemeSwitch} /></div>
    <${Fault} text=${fault} />
    ${doors && (link ? html`<${Redeem} />`
    : doors.demo ? html`<${DemoPeople} logins=${doors.demo_logins} />` : html`<${SignIn} doors=${doors} />`)}
  </main></div>`;
}

mount(html`<${Page} city=${null} titleKey="login.title"
  view=${(onLanguage) => html`<${Gate} onLanguage=${onLanguage} />`} />`);
