/** The devices' logins at the broker: given, changed with an overlap, taken away. A password is told once. */
import {Copy} from "../account/copy.js";
import {Fault, Field, sending, useDeed} from "../account/form.js";
import {ask} from "../lib/api.js";
import {useWords} from "../lib/context.js";
import {html, useEffect, useState} from "../lib/html.js";

const OVERLAP_H = 168;
const SEARCH_FROM = 8;
const pathOf = (login) => `/device-logins/${encodeURIComponent(login.device_id)}`;

/** The login just given: user name, password and topics, to be typed into the device. */
function Given({given, onClose}) {
  const {t} = useWords();
  const text = [given.username, given.password, ...given.publish].join("\n");
  return html`<div role="status" class="given"><h3>${t("logins.given", {device: given.device_id})}</h3>
    <p>${t("logins.given_words")} ${t(given.in_force ? "logins.in_force" : "logins.not_in_force")}</p>
    <dl class="facts"><dt>${t("logins.username")}</dt><dd><code>${given.username}</code></dd>
      <dt>${t("field.password")}</dt><dd><code>${given.password}</code></dd>
      <dt>${t("logins.publish")}</dt><dd>${given.publish.map((topic) => html`<code key=${topic}>${topic}</code> `)}</dd></dl>
    <div class="row"><${Copy} text=${text} />
      <button type="button" class="button" onClick=${onClose}>${t("action.close")}</button></div></div>`;
}

function Add({onGiven}) {
  const {t} = useWords();
  const {busy, fault, run} = useDeed();
  const [device, setDevice] = useState("");
  const [topics, setTopics] = useState("");
  const add = async () => {
    const body = {device_id: device.trim(), topics: topics.split(/\s+/).filter(Boolean)};
    const given = await run(() => ask("/device-logins", {method: "POST", body}));
    if (!given) return;
    setDevice("");
    setTopics("");
    onGiven(given);
  };
  return html`<form onSubmit=${sending(add)}><h3>${t("logins.add")}</h3><div class="pair">
    <${Field} name="device_id" label=${t("field.device_id")} value=${device} onInput=${setDevice}
      hint=${t("logins.device_hint")} autocomplete="off" required />
    <${Field} name="topics" label=${t("field.topics")} value=${topics} onInput=${setTopics}
      hint=${t("logins.topics_hint")} autocomplete="off" /></div><${Fault} text=${fault} />
    <button class="button primary" disabled=${busy || !device.trim()}>${t("logins.add_submit")}</button></form>`;
}

function Row({login, canChange, onGiven, onChange}) {
  const {t, format} = useWords();
  const {busy, fault, run} = useDeed();
  const [asked, setAsked] = useState(false);
  const rotate = async (hours) => {
    const given = await run(() => ask(`${pathOf(login)}/rotate`, {method: "POST", body: {overlap_h: hours}}));
    if (given) onGiven(given);
  };
  const disable = async () => {
    if (await run(() => ask(pathOf(login), {method: "DELETE"}))) onChange();
  };
  const isNewest = !login.until_utc;
  return html`<li class=${isNewest ? "" : "off"}><div><b>${login.username}</b>
      ${!isNewest && html` <span class="tag">${t("logins.until", {until: format.dayTime(Date.parse(login.until_utc))})}</span>`}
      <small>${login.publish.join(" ")}</small><${Fault} text=${fault} /></div>
    ${canChange && isNewest && !asked && html`<div class="row">
      <button type="button" class="button" disabled=${busy} onClick=${() => rotate(OVERLAP_H)}
        aria-label=${`${t("logins.rotate")}: ${login.device_id}`}>${t("logins.rotate")}</button>
      <button type="button" class="button danger" disabled=${busy} onClick=${() => setAsked(true)}
        aria-label=${`${t("logins.disable")}: ${login.device_id}`}>${t("logins.disable")}</button></div>`}
    ${asked && html`<div class="row" role="alert"><span>${t("logins.disable_words", {device: login.device_id})}</span>
      <button type="button" class="button danger" disabled=${busy} onClick=${disable}>${t("logins.disable_yes")}</button>
      <button type="button" class="button" disabled=${busy} onClick=${() => rotate(0)}>${t("logins.leaked")}</button>
      <button type="button" class="button" onClick=${() => setAsked(false)}>${t("action.cancel")}</button></div>`}</li>`;
}

export function Logins({canChange}) {
  const {t, format} = useWords();
  const {fault, run} = useDeed();
  const [shown, setShown] = useState(null);
  const [search, setSearch] = useState("");
  const [given, setGiven] = useState(null);
  const load = () => run(async () => setShown(await ask(`/device-logins?search=${encodeURIComponent(search)}`)));
  useEffect(() => {
    load();
  }, [search]);
  const onGiven = (next) => {
    setGiven(next);
    load();
  };
  const onGone = () => {
    setGiven(null);
    load();
  };
  const isElsewhere = shown?.broker === "elsewhere";
  const hasMany = shown && (shown.total >= SEARCH_FROM || search);
  return html`<section><h2>${t("logins.heading")}</h2>
    <p>${t(isElsewhere ? "logins.elsewhere" : "logins.words")}</p><${Fault} text=${fault} />
    ${given && html`<${Given} given=${given} onClose=${() => setGiven(null)} />`}
    ${canChange && shown && !isElsewhere && html`<${Add} onGiven=${onGiven} />`}
    ${hasMany && html`<${Field} name="search" type="search" label=${t("logins.search")} value=${search} onInput=${setSearch}
      hint=${t("logins.total", {n: shown.total, total: format.whole(shown.total)})} />`}
    ${shown && !isElsewhere && shown.logins.length === 0 && html`<p>${t(search ? "logins.none_found" : "logins.none")}</p>`}
    ${shown?.logins.length > 0 && html`<ul class="list">${shown.logins.map((login) => html`<${Row} key=${login.username}
      login=${login} canChange=${canChange} onGiven=${onGiven} onChange=${onGone} />`)}</ul>`}</section>`;
}
