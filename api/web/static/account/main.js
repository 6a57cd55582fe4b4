/** The own account: how it is protected, and where it is signed in. */
import {ask} from "../lib/api.js";
import {createFormat} from "../lib/format.js";
import {html, useEffect, useState} from "../lib/html.js";
import {Page, loadCity, mount} from "../lib/page.js";
import {useWords} from "../lib/context.js";
import {TopBar} from "../office/topbar.js";
import {Fault, Field, sending, useDeed} from "./form.js";
import {RecoveryCodes, SecondFactorSetup} from "./second.js";

/** Not everybody who has an account may open every page. */
const mayAbout = () => (document.documentElement.dataset.pages ?? "").split(" ").includes("/about");
const refused = new URLSearchParams(location.search).get("refused");

function Who({me}) {
  const {t} = useWords();
  return html`<section><h2>${me.name}</h2>
    ${refused && html`<p class="fault" role="alert">${t("account.refused", {page: refused})}</p>`}
    ${me.demo && html`<p class="good">${t("account.demo")} <a href="/login">${t("account.be_another")}</a></p>`}
    <dl class="facts"><dt>${t("field.login")}</dt><dd>${me.login}</dd>
      <dt>${t("field.roles")}</dt><dd>${me.roles.map((role) => t(`role.${role}`)).join(", ")}</dd>
      ${me.roles.includes("contractor") && me.areas.length > 0 && html`<dt>${t("field.areas")}</dt><dd>${me.areas.join(", ")}</dd>`}
      ${me.roles.includes("driver") && me.vehicle_ids.length > 0 && html`<dt>${t("field.vehicle_ids")}</dt><dd>${me.vehicle_ids.join(", ")}</dd>`}</dl>
  </section>`;
}

function Second({me, onChange}) {
  const {t} = useWords();
  const {fault, busy, run} = useDeed();
  const [open, setOpen] = useState(me.must_set_up_second_factor);
  const [codes, setCodes] = useState(null);
  const [password, setPassword] = useState("");
  const kept = () => location.assign("/account"); // the bar has more pages now
  const renew = async () => {
    const answer = await run(() => ask("/me/recovery-codes", {method: "POST", body: {password}}));
    if (answer) setCodes(answer.codes);
  };
  const remove = async () => {
    if (await run(() => ask("/me/second-factor/remove", {method: "POST", body: {password}}))) onChange();
  };
  if (!me.has_password) return html`<section><h2>${t("second.title")}</h2><p>${t("second.provider")}</p></section>`;
  if (codes) return html`<section><h2>${t("recovery.title")}</h2><${RecoveryCodes} codes=${codes} onKept=${kept} /></section>`;
  if (open) {
    return html`<section><h2>${t("second.title")}</h2>
      ${me.must_set_up_second_factor && html`<p class="good">${t("second.must")}</p>`}
      <${SecondFactorSetup} onDone=${setCodes} onCancel=${me.must_set_up_second_factor ? null : () => setOpen(false)} />
    </section>`;
  }
  if (!me.has_second_factor) {
    return html`<section><h2>${t("second.title")}</h2><p>${t("second.off")}</p>
      <button type="button" class="button primary" onClick=${() => setOpen(true)}>${t("second.begin")}</button></section>`;
  }
  return html`<section><h2>${t("second.title")}</h2><p class="good">${t("second.on", {n: me.recovery_codes_left})}</p>
    <form onSubmit=${sending(renew)}>
      <${Field} name="second-password" type="password" label=${t("field.current")} value=${password} onInput=${setPassword}
        autocomplete="current-password" />
      <${Fault} text=${fault} />
      <div class="row"><button class="button" disabled=${busy}>${t("recovery.renew")}</button>
        <button type="button" class="button" onClick=${() => setOpen(true)}>${t("second.another")}</button>
        ${!me.needs_second_factor && html`<button type="button" class="button danger" onClick=${remove}>
          ${t("second.remove")}</button>`}</div></form></section>`;
}

function Password({me, onChange}) {
  const {t} = useWords();
  const {fault, busy, run} = useDeed();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [done, setDone] = useState(false);
  const change = async () => {
    setDone(false);
    if (!await run(() => ask("/me/password", {method: "PUT", body: {current, new: next}}))) return;
    setCurrent("");
    setNext("");
    setDone(true);
    onChange();
  };
  return html`<section><h2>${t("password.title")}</h2><form onSubmit=${sending(change)}>
    <input type="text" name="username" value=${me.login} autocomplete="username" hidden />
    <div class="pair"><${Field} name="current" type="password" label=${t("field.current")} value=${current}
      onInput=${setCurrent} autocomplete="current-password" required />
    <${Field} name="new" type="password" label=${t("field.new")} value=${next} onInput=${setNext}
      hint=${t("password.rules", {n: me.password_length_min})} autocomplete="new-password" required /></div>
    <${Fault} text=${fault} /><div role="status">${done && html`<p class="good">${t("password.done")}</p>`}</div>
    <button class="button" disabled=${busy}>${t("password.change")}</button></form></section>`;
}

function Sessions({sessions, timezone, onChange}) {
  const {t, language} = useWords();
  const format = createFormat(language, {timezone}); // the city may not be asked for before the second factor
  const {fault, run} = useDeed();
  const end = async (each) => {
    if (await run(() => ask(`/me/sessions/${each.id}`, {method: "DELETE"}))) onChange();
  };
  const leave = async (path) => {
    if (await run(() => ask(path, {method: "DELETE"}))) location.assign("/login");
  };
  return html`<section><h2>${t("sessions.title")}</h2><ul class="list">${sessions.map((each) => html`<li key=${each.id}>
      <div><b>${t(`way.${each.way}`)}</b> ${each.current && html`<span class="tag">${t("sessions.this")}</span>`}
        <small>${t("sessions.facts", {since: format.dayTime(Date.parse(each.created_utc)),
    seen: format.dayTime(Date.parse(each.seen_utc)), address: each.address})}</small>
        <small>${each.agent}</small></div>
      ${!each.current && html`<button type="button" class="button" onClick=${() => end(each)}>${t("sessions.end")}</button>`}
    </li>`)}</ul><${Fault} text=${fault} />
    <div class="row"><button type="button" class="button primary" onClick=${() => leave("/session")}>${t("sessions.out")}</button>
      <button type="button" class="button danger" onClick=${() => leave("/me/sessions")}>${t("sessions.everywhere")}</button>
    </div></section>`;
}

function Account({onLanguage}) {
  const {t} = useWords();
  const [own, setOwn] = useState(null);
  const {fault, run} = useDeed();
  const load = () => run(async () => {
    const [me, {sessions, timezone}] = await Promise.all([ask("/me"), ask("/me/sessions")]);
    setOwn({me, sessions, timezone});
  });
  useEffect(() => {
    load();
  }, []);
  return html`<div class="manager"><${TopBar} here="account" onLanguage=${onLanguage} />
    <main class="account" id="content" tabindex="-1"><h2 class="visually-hidden">${t("nav.account")}</h2>
      <${Fault} text=${fault} /><div class="cards">${own && html`<${Who} me=${own.me} />
        ${own.sessions.length > 0 && html`<${Second} key=${String(own.me.has_second_factor)} me=${own.me} onChange=${load} />
        ${own.me.has_password && !own.me.must_set_up_second_factor && html`<${Password} me=${own.me} onChange=${load} />`}
        <${Sessions} sessions=${own.sessions} timezone=${own.timezone} onChange=${load} />`}`}
        ${mayAbout() && html`<p><a href="/about">${t("nav.about")}</a></p>`}</div></main></div>`;
}

const city = await loadCity().catch(() => null); // who must set up a second factor may not ask for it yet
mount(html`<${Page} city=${city} titleKey="account.title"
  view=${(onLanguage) => html`<${Account} onLanguage=${onLanguage} />`} />`);
