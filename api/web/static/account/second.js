/** Setting up the second factor: a picture for the app, its first code, and recovery codes to be kept. */
import {ask} from "../lib/api.js";
import {useWords} from "../lib/context.js";
import {html, useEffect, useState} from "../lib/html.js";
import {Copy} from "./copy.js";
import {Fault, Field, sending, useDeed} from "./form.js";

/** The codes are told this once: they go on paper or into a safe. */
export function RecoveryCodes({codes, onKept}) {
  const {t} = useWords();
  return html`<div><p>${t("recovery.keep")}</p>
    <ul class="codes">${codes.map((each) => html`<li key=${each}>${each}</li>`)}</ul>
    <div class="row"><${Copy} text=${codes.join("\n")} isFirst=${false} />
    <button type="button" class="button primary" onClick=${onKept}>${t("recovery.kept")}</button></div></div>`;
}

/** `onDone` is told the recovery codes. */
export function SecondFactorSetup({onDone, onCancel}) {
  const {t} = useWords();
  const {busy, fault, run} = useDeed();
  const [begun, setBegun] = useState(null);
  const [code, setCode] = useState("");
  const [password, setPassword] = useState("");
  const [asks, setAsks] = useState(false);
  useEffect(() => {
    run(() => ask("/me/second-factor", {method: "POST"})).then((answer) => answer && setBegun(answer));
  }, []);
  const confirm = async () => {
    const body = {ticket: begun.ticket, code: code.trim(), password};
    const answer = await run(() => ask("/me/second-factor", {method: "PUT", body}));
    if (answer) onDone(answer.codes);
    else setAsks(true);
  };
  if (!begun) return html`<${Fault} text=${fault} />`;
  const picture = `data:image/svg+xml,${encodeURIComponent(begun.qr_svg)}`;
  return html`<div class="setup"><img src=${picture} alt=${t("second.picture")} width="200" height="200" />
    <form onSubmit=${sending(confirm)}><p>${t("second.how")}</p>
      <p><small>${t("second.typed")} <code>${begun.secret}</code></small></p>
      <${Field} name="code" label=${t("field.code")} value=${code} onInput=${setCode} class="code" inputmode="numeric"
        autocomplete="one-time-code" maxlength="6" required autofocus />
      ${asks && html`<${Field} name="password" type="password" label=${t("field.current")} value=${password}
        onInput=${setPassword} hint=${t("second.password_hint")} autocomplete="current-password" />`}
      <${Fault} text=${fault} />
      <div class="row"><button class="button primary" disabled=${busy}>${t("second.confirm")}</button>
        ${onCancel && html`<button type="button" class="button" onClick=${onCancel}>${t("action.cancel")}</button>`}</div>
    </form></div>`;
}
