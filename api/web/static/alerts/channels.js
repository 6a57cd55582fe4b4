/** Who is told of what, how it goes, and the messages of late. It is set in the server's settings, not here. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {may} from "../office/may.js";

function Fate({notice}) {
  const {t, format} = useWords();
  const tone = {sent: "published", failed: "failed", waiting: "skipped"}[notice.status];
  const when = notice.status === "waiting" && notice.due_utc ? ` ${t("notify.again", {time: format.time(notice.due_utc)})}` : "";
  return html`<span class=${`tag ${tone}`}>${t(`notify.status.${notice.status}`)}</span>${when}`;
}

function Recipient({recipient, desk}) {
  const {t} = useWords();
  const named = (names, all, write) => (names.length ? names.map(write).join(", ") : t(all));
  return html`<tr><th scope="row">${recipient.name}<small>${t(`notify.channel.${recipient.channel}`)} · ${recipient.to}</small></th>
    <td class="todo">${named(recipient.kinds, "notify.every_kind", (kind) => t(`alert.${kind}`))}</td>
    <td class="place">${named(recipient.areas, "notify.everywhere", String)}<small>${named(recipient.fractions, "notify.every_fraction", String)}</small></td>
    <td>${recipient.last ? html`<${Fate} notice=${recipient.last} />` : t("notify.never")}</td>
    ${may("messages") && html`<td><button type="button" class="button" onClick=${() => desk.test(recipient.name,
      t("notify.test_sent", {name: recipient.name}))}>${t("notify.test")}</button></td>`}</tr>`;
}

export function Channels({state, desk}) {
  const {t, format} = useWords();
  const {channels} = state;
  if (!channels) return html`<p class="empty">${t("app.loading")}</p>`;
  const quiet = channels.quiet_from
    ? t("notify.quiet", {from: channels.quiet_from, to: channels.quiet_to}) : t("notify.never_quiet");
  return html`<div class="table-box plain alerts" tabindex="0" role="region" aria-label=${t("notify.recipients")}>
    <div class="notify-facts"><p>${quiet} ${t("notify.pace", {n: channels.messages_per_h})}</p>
      <p class="hint">${t(channels.recipients.length ? "notify.where_set" : "notify.nobody")}</p></div>
    ${channels.recipients.length > 0 && html`<table><caption class="visually-hidden">${t("notify.recipients")}</caption>
      <thead><tr>${["who", "what", "where", "last", ...(may("messages") ? ["test"] : [])].map((name) => html`<th key=${name} scope="col">${t(`notify.col.${name}`)}</th>`)}</tr></thead>
      <tbody>${channels.recipients.map((each) => html`<${Recipient} key=${each.name} recipient=${each} desk=${desk} />`)}</tbody></table>`}
    ${channels.recent.length > 0 && html`<table class="recent"><caption>${t("notify.recent")}</caption>
      <thead><tr>${["made", "who", "alerts", "fate", "why"].map((name) => html`<th key=${name} scope="col">${t(`notify.col.${name}`)}</th>`)}</tr></thead>
      <tbody>${channels.recent.map((each) => html`<tr key=${each.id}><td>${format.dayTime(each.created_utc)}</td>
        <th scope="row">${each.recipient}</th><td class="number">${each.alerts ? format.whole(each.alerts) : t("notify.trial")}</td>
        <td><${Fate} notice=${each} /></td><td class="todo" lang="en">${each.error}</td></tr>`)}</tbody></table>`}</div>`;
}
