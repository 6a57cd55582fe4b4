/** Lets this tablet in: six digits from the office, on keys that a glove hits, or already there from the QR code. */
import {useWords} from "../../lib/context.js";
import {html, useEffect, useRef, useState} from "../../lib/html.js";
import {Icon} from "../../lib/icons.js";
import {LanguageSwitch, ThemeSwitch} from "../../lib/switches.js";
import {pairTablet} from "../../lib/tablets.js";
import {loadPairingWords} from "./words.js";

const DIGITS = 6;
const NAME_MAX = 60;
const ASKED = "#pair=";

const onlyDigits = (text) => text.replace(/[^0-9]/g, "").slice(0, DIGITS);
const codeInAddress = () => (location.hash.startsWith(ASKED) ? onlyDigits(location.hash.slice(ASKED.length)) : "");
/** The code is spent or wrong: it must not stand in the address for the next reload. */
const clearAddress = () => history.replaceState(null, "", location.pathname + location.search);

/** @returns {string} The sentence for a pairing that failed. */
function sentenceOf(error, t) {
  const kind = error.problem?.type?.split(":").pop();
  if (kind === "pairing-code-refused") return t("pairing.refused");
  if (kind === "too-many-pairing-tries") return t("pairing.too_many");
  return error.status ? error.message : t("pairing.offline");
}

function Keypad({code, onCode}) {
  const {t} = useWords();
  const key = (digit) => html`<button type="button" key=${digit} onClick=${() => onCode(code + digit)}>${digit}</button>`;
  return html`<div class="keypad" role="group" aria-label=${t("pairing.keys")}>
    ${[..."123456789"].map(key)}
    <button type="button" aria-label=${t("pairing.clear")} onClick=${() => onCode("")}><${Icon} name="close" size=${30} /></button>
    ${key("0")}
    <button type="button" aria-label=${t("pairing.back")} onClick=${() => onCode(code.slice(0, -1))}><${Icon} name="undo" size=${30} /></button>
  </div>`;
}

function Form({session, why}) {
  const {t} = useWords();
  const [code, setCode] = useState(codeInAddress);
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const field = useRef(null);
  useEffect(() => field.current.focus(), []);
  const write = (text) => {
    setTrouble("");
    setCode(onlyDigits(text));
  };
  const pair = async (event) => {
    event.preventDefault();
    if (code.length < DIGITS || busy) return;
    setBusy(true);
    try {
      const given = await pairTablet(code, name.trim() || t("pairing.unnamed"));
      clearAddress();
      await session.paired(given);
    } catch (error) {
      if (error.status === 403) setCode("");
      setTrouble(sentenceOf(error, t));
      setBusy(false);
    }
  };
  const later = () => {
    clearAddress();
    session.store.set({pairing: ""});
  };
  return html`<form class="pairing" onSubmit=${pair}>
    <div class="words"><h2>${t("pairing.title")}</h2>
      <p>${t(why === "tablet-unknown" ? "pairing.unknown" : "pairing.how")}</p>
      <label><span>${t("pairing.code")}</span>
        <input ref=${field} class="code" type="text" inputmode="none" autocomplete="one-time-code" value=${code}
          aria-describedby="pairing-trouble" onInput=${(event) => { write(event.target.value); event.target.value = onlyDigits(event.target.value); }} /></label>
      <p id="pairing-trouble" class=${trouble ? "fault" : ""} role="alert">${trouble}</p>
      <label><span>${t("pairing.name")}</span>
        <input type="text" maxlength=${NAME_MAX} autocomplete="off" value=${name} onInput=${(event) => setName(event.target.value)} /></label>
      <button type="submit" class="big go" disabled=${busy || code.length < DIGITS}>${t("pairing.pair")}</button>
      ${why === "asked" && html`<button type="button" class="big" onClick=${later}>${t("pairing.later")}</button>`}</div>
    <${Keypad} code=${code} onCode=${write} />
  </form>`;
}

function Pairing({session, why, onLanguage}) {
  const {t} = useWords();
  return html`<div class="driver">
    <header class="bar"><h1 class="brand">${t("app.name")}</h1><span class="spring"></span>
      <${LanguageSwitch} onLanguage=${onLanguage} /><${ThemeSwitch} /></header>
    <main class="choice" id="content"><${Form} session=${session} why=${why} /></main>
  </div>`;
}

export async function openPairing() {
  await loadPairingWords();
  return Pairing;
}
