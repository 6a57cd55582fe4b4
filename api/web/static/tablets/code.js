/** The code for the next tablet: to read out, to scan, and how long it is good for. */
import {clockFactor, nowMs} from "../lib/clock.js";
import {useWords} from "../lib/context.js";
import {html, useEffect, useState} from "../lib/html.js";

const TICK_MS = 500;

/** Seconds of the wall that are left, counted down. */
function useSecondsLeft(expiresUtc) {
  const left = () => Math.max(0, Math.ceil((Date.parse(expiresUtc) - nowMs()) / clockFactor() / 1000));
  const [seconds, setSeconds] = useState(left);
  useEffect(() => {
    setSeconds(left());
    const timer = setInterval(() => setSeconds(left()), TICK_MS);
    return () => clearInterval(timer);
  }, [expiresUtc]);
  return seconds;
}

const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

function Code({code, onHide}) {
  const {t} = useWords();
  const left = useSecondsLeft(code.expires_utc);
  if (!left) return html`<p class="fault" role="alert">${t("tablets.expired")}</p>`;
  const picture = `data:image/svg+xml,${encodeURIComponent(code.qr_svg)}`;
  return html`<p class="digits"><span class="visually-hidden">${t("tablets.code")} </span>
      <b aria-label=${[...code.code].join(" ")} role="img">${code.code.slice(0, 3)} ${code.code.slice(3)}</b></p>
    <p class="left" role="timer">${t("tablets.left", {time: minutes(left)})}</p>
    <img class="qr" src=${picture} alt=${t("tablets.qr")} />
    <p class="hint">${t("tablets.how")}</p>
    <p class="hint address">${code.address.split("#")[0]}</p>
    <button type="button" class="button" onClick=${onHide}>${t("tablets.hide")}</button>`;
}

export function NewCode({code, onNew, onHide}) {
  const {t} = useWords();
  return html`<h2>${t("tablets.new")}</h2>
    <button type="button" class="button primary" onClick=${onNew}>${t("tablets.new_code")}</button>
    ${code ? html`<${Code} key=${code.code} code=${code} onHide=${onHide} />` : html`<p class="hint">${t("tablets.hint")}</p>`}`;
}
