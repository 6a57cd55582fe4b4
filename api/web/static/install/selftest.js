/** Waits for the first reading through the whole chain: sensor, network, server, and the bin it is for. */
import {useWords} from "../lib/context.js";
import {html, useEffect, useState} from "../lib/html.js";
import {refusalText} from "../office/refused.js";
import {askDevice} from "./session.js";

const ASK_EVERY_MS = 3_000;
const CHAIN = ["kept", "sent", "heard", "reading"];

/** @returns {number} How many links of the chain hold. */
export function linksOf(act, device, doneUtc) {
  if (act?.status !== "done") return 1;
  if (!device || device.state === "unheard") return 2;
  const isNew = device.state === "reading" && Date.parse(device.received_utc) >= Date.parse(doneUtc);
  return isNew ? 4 : device.state === "waiting" ? 3 : 2;
}

export function SelfTest({body, state, onClose}) {
  const words = useWords();
  const {t, format} = words;
  const [device, setDevice] = useState(null);
  const act = state.acts.find((each) => each.key === body.key);
  const links = linksOf(act, device, body.done_utc);
  const isRefused = act?.status === "refused";
  useEffect(() => {
    let ended = false;
    let timer = 0;
    const look = async () => {
      const found = await askDevice(body.sensor_id).catch(() => null);
      if (ended) return;
      if (found) setDevice(found);
      timer = setTimeout(look, ASK_EVERY_MS);
    };
    if (links < 4 && !isRefused) look();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [act?.status, links === 4]);
  const facts = device && [
    device.distance_mm !== null && ["distance", `${format.whole(device.distance_mm)} mm`],
    links === 4 && ["fill", format.fill(device.fill_fraction)],
    device.battery_fraction !== null && ["battery", format.pct(device.battery_fraction)],
    device.rssi_dbm !== null && ["signal", `${format.whole(device.rssi_dbm)} dBm`],
  ].filter(Boolean);
  return html`<main id="content" class="install" tabindex="-1"><h2>${t("install.selftest", {sensor: body.sensor_id, bin: body.bin_id})}</h2>
    ${isRefused && html`<p class="fault" role="alert">${refusalText(act.refusal, words)}</p>`}
    <ol class="chain">${CHAIN.map((link, index) => html`<li key=${link} class=${index < links ? "holds" : "open"}>
      <span class="sign" aria-hidden="true">${index < links ? "✓" : "…"}</span> ${t(`install.chain.${link}`)}
      <span class="visually-hidden">${t(index < links ? "install.holds" : "install.open")}</span></li>`)}</ol>
    <p role="status" class="verdict">${!isRefused && t(links === 4 ? "install.works" : state.online === false ? "install.test_offline" : "install.test_waits")}</p>
    ${facts?.length > 0 && html`<dl class="facts">${facts.map(([name, value]) => html`<div key=${name}><dt>${t(`install.says.${name}`)}</dt><dd>${value}</dd></div>`)}</dl>`}
    <p class="buttons"><button type="button" class="button primary wide" onClick=${onClose}>${t("install.ready")}</button></p></main>`;
}
