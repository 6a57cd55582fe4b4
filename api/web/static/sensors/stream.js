/** Beside the list: the workers, what is wrong now, who knocks without being known, and what was not understood. */
import {nowMs} from "../lib/clock.js";
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {fieldText} from "../office/refused.js";

const AT_ONCE = 12;

/** One word for a worker, and whether it is a good one. */
function workerWord({facts, silent, reported_utc: reported}, t, format) {
  const time = format.timeOrDay(reported, nowMs());
  if (facts.ended) return [t("sensors.worker.ended", {time}), false];
  if (silent) return [t("sensors.worker.off", {time}), false];
  if (facts.connected === false) return [t("sensors.worker.alone"), false];
  if (facts.store_failure) return [t("sensors.worker.store"), false];
  if (facts.feed_trouble) return [t("sensors.worker.feed"), false];
  return [t("sensors.worker.on"), true];
}

function Worker({worker}) {
  const {t, format} = useWords();
  const [word, good] = workerWord(worker, t, format);
  const {facts} = worker;
  const trouble = facts.store_failure || facts.feed_trouble;
  const whole = (name) => format.whole(facts[name] ?? 0);
  return html`<li class="worker"><p><b>${worker.worker}</b> <span class=${`tag ${good ? "published" : "failed"}`}>${word}</span></p>
    <p>${t("sensors.worker.counts", {stored: whole("stored"), duplicates: whole("duplicates"), rejected: whole("rejected")})}</p>
    <p>${t("sensors.worker.losses", {dropped: whole("broker_dropped"), throttled: whole("throttled"),
      failures: whole("store_failures")})}</p>
    ${trouble && html`<small lang="en">${trouble}</small>`}</li>`;
}

/** Who hands readings in over HTTP. */
function Source({name, facts}) {
  const {t, format} = useWords();
  const time = format.timeOrDay(facts.last_taken_utc, nowMs());
  const refused = facts.refused > 0 && t("sensors.source.refused", {n: format.whole(facts.refused), status: facts.last_refused});
  return html`<li class="worker"><p><b>${name}</b> <span class=${`tag ${facts.silent ? "failed" : "published"}`}>${
    t(facts.silent ? "sensors.source.silent" : "sensors.source.on")}</span></p>
    <p>${[t("sensors.source.counts", {taken: format.whole(facts.taken), time}), refused].filter(Boolean).join(" · ")}</p></li>`;
}

function Workers({workers}) {
  const {t} = useWords();
  const streams = workers.filter(({kind}) => kind === "ingest");
  const sources = workers.flatMap(({facts}) => Object.entries(facts.sources ?? {}));
  return html`<section><h3>${t("sensors.workers")}</h3>${streams.length
    ? html`<ul class="rows">${streams.map((each) => html`<${Worker} key=${each.worker} worker=${each} />`)}</ul>`
    : html`<p class="fault">${t("sensors.no_workers")}</p>`}
    ${sources.length > 0 && html`<h4>${t("sensors.sources")}</h4><ul class="rows">${sources.map(([name, facts]) => html`<${Source}
      key=${name} name=${name} facts=${facts} />`)}</ul>`}</section>`;
}

function Checks({health}) {
  const {t} = useWords();
  const broken = Object.entries(health.checks).filter(([, check]) => check.status !== "ok");
  if (!broken.length) return html`<p class="published-note" role="status">${t("sensors.all_well")}</p>`;
  return html`<section role="alert"><h3>${t("sensors.checks")}</h3><ul class="rows">${broken.map(([name, check]) => html`<li
    key=${name} class="fault"><b>${t(`sensors.check.${name}`)}</b><p>${t(`sensors.trouble.${name}`)}</p>
    <small lang="en">${check.detail}</small></li>`)}</ul></section>`;
}

function Alerts({alerts}) {
  const {t, format} = useWords();
  const about = (alert) => alert.sensor_id ?? alert.bin_id ?? t("sensors.alert_stream");
  const where = (alert) => alert.place ?? about(alert);
  return html`<section><h3>${t("sensors.alerts")} <small>${format.whole(alerts.length)}</small></h3>
    ${!alerts.length && html`<p class="hint">${t("sensors.no_alerts")}</p>`}
    <ul class="rows">${alerts.slice(-AT_ONCE).reverse().map((each) => html`<li key=${`${each.kind} ${about(each)}`}>
      <b>${t(`alert.${each.kind}`)}</b> <span>${where(each)}</span>
      <small>${[about(each), t("sensors.alert_since", {time: format.timeOrDay(each.at_utc, nowMs())})].join(" · ")}</small></li>`)}</ul></section>`;
}

function Quarantine({devices}) {
  const {t, format} = useWords();
  return html`<section><h3>${t("sensors.quarantine")} <small>${format.whole(devices.length)}</small></h3>
    <p class="hint">${t(devices.length ? "sensors.quarantine_hint" : "sensors.no_quarantine")}</p>
    <ul class="rows">${devices.slice(0, AT_ONCE).map((each) => html`<li key=${each.device_ids[0]}>
      <b>${each.device_ids[0]}</b> <span>${t(`letter.${each.reason}`)}</span>
      <small>${t("sensors.seen", {n: each.seen, time: format.timeOrDay(each.last_utc, nowMs())})}</small></li>`)}</ul></section>`;
}

/** Parts of a message by our name, and what a device has by its own. */
function partName(field, t) {
  const key = `letter_part.${field}`;
  return t(key) === key ? field : t(key);
}

/** What broke its bound, then the server's whole sentence for the technician. */
function Letter({letter}) {
  const words = useWords();
  const {t, format} = words;
  const {error} = letter;
  return html`<li>${error && html`<p>${fieldText(error, words, partName(error.field, t))}</p>`}
    <small lang="en">${letter.detail}</small><code>${letter.payload.slice(0, 200)}</code>
    <small>${t("sensors.letter_at", {time: format.timeOrDay(letter.received_utc, nowMs()), topic: letter.topic})}</small></li>`;
}

function Letters({letters, counts}) {
  const {t, format} = useWords();
  const reasons = Object.entries(counts).sort(([, one], [, other]) => other - one);
  const newest = (reason) => letters.filter((each) => each.reason === reason);
  return html`<section class="letters"><h3>${t("sensors.letters_title")}</h3>
    ${!reasons.length && html`<p class="hint">${t("sensors.no_letters")}</p>`}
    ${reasons.map(([reason, count]) => html`<details key=${reason}><summary><span>${t(`letter.${reason}`)}</span>
      <b>${format.whole(count)}</b></summary><p class="hint">${t(`letter_why.${reason}`)}</p>
      <ul class="rows">${newest(reason).map((each) => html`<${Letter} key=${each.id} letter=${each} />`)}</ul></details>`)}
    ${reasons.length > 0 && html`<p class="hint">${t("sensors.letters_hint")}</p>`}</section>`;
}

export function StreamPanel({state}) {
  const {t} = useWords();
  if (!state.health) return html`<div class="panel"><p class="hint">${t("app.loading")}</p></div>`;
  return html`<div class="panel">
    <header><h2>${t("sensors.panel")}</h2></header>
    <${Checks} health=${state.health} />
    <${Workers} workers=${state.workers} />
    <${Alerts} alerts=${state.alerts} />
    <${Quarantine} devices=${state.quarantine} />
    <${Letters} letters=${state.letters} counts=${state.health.dead_letters} />
  </div>`;
}
