/** Who has an account: let people in, change what they may, help who lost a password, shut people out. */
import {Copy} from "../account/copy.js";
import {Fault, Field, sending, useDeed} from "../account/form.js";
import {ask} from "../lib/api.js";
import {useWords} from "../lib/context.js";
import {html, useEffect, useRef, useState} from "../lib/html.js";
import {Page, loadCity, mount} from "../lib/page.js";
import {may} from "../office/may.js";
import {TopBar} from "../office/topbar.js";
import {Keys} from "./keys.js";

const ROLES = ["manager", "contractor", "driver", "installer", "admin", "auditor"];
const words = (text) => text.split(",").map((each) => each.trim()).filter(Boolean);

/** Roles, and what two of them are bound to. */
function Rights({of, onChange}) {
  const {t} = useWords();
  const flip = (role) => {
    const roles = of.roles.includes(role) ? of.roles.filter((each) => each !== role) : [...of.roles, role];
    onChange({...of, roles});
  };
  return html`<fieldset class="roles"><legend>${t("field.roles")}</legend>${ROLES.map((role) => html`<label key=${role}>
      <input type="checkbox" checked=${of.roles.includes(role)} onChange=${() => flip(role)} />${t(`role.${role}`)}</label>`)}
    </fieldset>
    ${of.roles.includes("contractor") && html`<${Field} name="areas" label=${t("field.areas")} value=${of.areas}
      onInput=${(areas) => onChange({...of, areas})} hint=${t("people.areas_hint")} />`}
    ${of.roles.includes("driver") && html`<${Field} name="vehicles" label=${t("field.vehicle_ids")} value=${of.vehicles}
      onInput=${(vehicles) => onChange({...of, vehicles})} hint=${t("people.vehicles_hint")} />`}`;
}

function Add({onLink, onChange}) {
  const {t} = useWords();
  const {busy, fault, run} = useDeed();
  const [login, setLogin] = useState("");
  const [name, setName] = useState("");
  const [rights, setRights] = useState({roles: [], areas: "", vehicles: ""});
  const add = async () => {
    const body = {login, name, roles: rights.roles, areas: words(rights.areas), vehicle_ids: words(rights.vehicles)};
    const answer = await run(() => ask("/people", {method: "POST", body}));
    if (!answer) return;
    setLogin("");
    setName("");
    setRights({roles: [], areas: "", vehicles: ""});
    onLink(answer);
    onChange();
  };
  return html`<section><h2>${t("people.add")}</h2><form onSubmit=${sending(add)}>
    <div class="pair"><${Field} name="login" label=${t("field.login")} value=${login} onInput=${setLogin}
      hint=${t("link.login_hint")} autocomplete="off" required />
    <${Field} name="name" label=${t("field.name")} value=${name} onInput=${setName} autocomplete="off" required /></div>
    <${Rights} of=${rights} onChange=${setRights} /><${Fault} text=${fault} />
    <button class="button primary" disabled=${busy || rights.roles.length === 0}>${t("people.add_submit")}</button>
  </form></section>`;
}

/** A one-time link, told this once: whoever made it at the end of a long list is led to it. */
function Link({linked, onClose}) {
  const {t, format} = useWords();
  const box = useRef(null);
  useEffect(() => box.current.scrollIntoView({block: "center"}), []);
  return html`<section role="status" ref=${box}><h2>${t("people.link", {name: linked.person.name})}</h2>
    <p>${t("people.link_words", {until: format.dayTime(Date.parse(linked.expires_utc))})}</p>
    <p class="codes">${linked.link}</p><div class="row">
      <${Copy} text=${linked.link} />
      <button type="button" class="button" onClick=${onClose}>${t("action.close")}</button></div></section>`;
}

function Row({person, canChange, isDemo, onLink, onChange}) {
  const {t} = useWords();
  const {busy, fault, run} = useDeed();
  const [rights, setRights] = useState(null);
  const change = async (body) => {
    if (await run(() => ask(`/people/${person.id}`, {method: "PATCH", body}))) {
      setRights(null);
      onChange();
    }
  };
  const reset = async (lost) => {
    const answer = await run(() => ask(`/people/${person.id}/reset`, {method: "POST", body: {second_factor: lost}}));
    if (answer) onLink(answer);
    onChange();
  };
  const begin = () => setRights({
    roles: person.roles, areas: person.areas.join(", "), vehicles: person.vehicle_ids.join(", "),
  });
  const isInvited = !person.has_password && !person.by_provider && !isDemo;
  const second = person.by_provider ? "provider" : person.has_second_factor ? "on" : "off";
  const way = isInvited ? "people.invited" : `people.second.${second}`;
  return html`<li class=${person.disabled_utc ? "off" : ""}><div><b>${person.name}</b>
      ${" "}${person.roles.map((role) => html`<span class="tag" key=${role}>${t(`role.${role}`)}</span> `)}
      ${person.disabled_utc && html`<span class="tag">${t("people.disabled")}</span>`}
      <small>${[person.login, t(way), !isInvited && t("people.sessions", {n: person.sessions})].filter(Boolean).join(" · ")}</small>
      <${Fault} text=${fault} /></div>
    ${canChange && html`<div class="row">
      <button type="button" class="button" onClick=${rights ? () => setRights(null) : begin}>${t("people.rights")}</button>
      ${!person.by_provider && !person.disabled_utc && html`<button type="button" class="button" disabled=${busy}
        onClick=${() => reset(false)}>${t(isInvited ? "people.new_link" : "people.reset")}</button>`}
      ${person.has_second_factor && html`<button type="button" class="button" disabled=${busy}
        onClick=${() => reset(true)}>${t("people.reset_second")}</button>`}
      <button type="button" class=${`button ${person.disabled_utc ? "" : "danger"}`} disabled=${busy}
        onClick=${() => change({disabled: !person.disabled_utc})}>
        ${t(person.disabled_utc ? "people.enable" : "people.disable")}</button></div>`}
    ${rights && html`<form onSubmit=${sending(() => change({
    roles: rights.roles, areas: words(rights.areas), vehicle_ids: words(rights.vehicles),
  }))}><${Rights} of=${rights} onChange=${setRights} /><button class="button primary"
      disabled=${busy || rights.roles.length === 0}>${t("people.save")}</button></form>`}</li>`;
}

function People({onLanguage}) {
  const {t} = useWords();
  const {fault, run} = useDeed();
  const [people, setPeople] = useState([]);
  const [links, setLinks] = useState([]);
  const [isDemo, setDemo] = useState(false);
  const canChange = may("people");
  const drop = (gone) => setLinks((all) => all.filter((each) => each !== gone));
  // A new one ends the person's former.
  const show = (made) => setLinks((all) => [made, ...all.filter((each) => each.person.id !== made.person.id)]);
  const load = () => run(async () => {
    const [{people: all}, me] = await Promise.all([ask("/people"), ask("/me")]);
    setPeople(all);
    setDemo(me.demo); // a demo's people were never sent a link
  });
  useEffect(() => {
    load();
  }, []);
  return html`<div class="manager"><${TopBar} here="people" onLanguage=${onLanguage} />
    <main class="account" id="content" tabindex="-1"><div class="cards wide">
      <${Fault} text=${fault} />
      ${links.map((each) => html`<${Link} key=${each.link} linked=${each} onClose=${() => drop(each)} />`)}
      <section><h2>${t("nav.people")}</h2><ul class="list">${people.map((person) => html`<${Row} key=${person.id}
        person=${person} canChange=${canChange} isDemo=${isDemo} onLink=${show} onChange=${load} />`)}</ul>
        </section>
      ${canChange && html`<${Add} onLink=${show} onChange=${load} />`}
      <${Keys} canChange=${canChange} /></div></main></div>`;
}

const city = await loadCity().catch(() => null);
mount(html`<${Page} city=${city} titleKey="people.title"
  view=${(onLanguage) => html`<${People} onLanguage=${onLanguage} />`} />`);
