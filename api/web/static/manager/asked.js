/** Who asked for the bin and is still waiting; the office may take a request back. */
import {useWords} from "../lib/context.js";
import {html, useEffect, useState} from "../lib/html.js";
import {getRequests, withdraw} from "../office/asks.js";
import {may} from "../office/may.js";
import {Fault} from "../office/refused.js";

export function Asked({bin}) {
  const {t, format} = useWords();
  const [standing, setStanding] = useState([]);
  const [fault, setFault] = useState("");
  const look = async (isGone = () => false) => {
    try {
      const {requests} = await getRequests(bin.id);
      if (!isGone()) setStanding(requests.filter((each) => each.state === "standing"));
    } catch (error) {
      if (!isGone()) setFault(error);
    }
  };
  useEffect(() => {
    let gone = false;
    look(() => gone);
    return () => {
      gone = true;
    };
  }, [bin.id, bin.plan_state, bin.measured_utc]);
  const takeBack = async (id) => {
    try {
      await withdraw(bin.id, id);
      await look();
    } catch (error) {
      setFault(error);
    }
  };
  if (!standing.length && !fault) return null;
  return html`<section><h3>${t("bin.asked")}</h3>
    <ul class="asked">${standing.map((each) => html`<li key=${each.id}>
      <p><b>${t(`bin.asked_by.${each.source}`)}</b>: ${t(`bin.asked_for.${each.reason}`)}${each.note && ` (${each.note})`}
        <small>${format.dayTime(each.asked_utc)}</small></p>
      ${may("requests") && html`<button type="button" class="button" aria-label=${t("bin.withdraw_of", {
        time: format.dayTime(each.asked_utc)})} onClick=${() => takeBack(each.id)}>${t("bin.withdraw")}</button>`}</li>`)}</ul>
    ${standing.length > 0 && html`<p class="hint">${t("bin.asked_hint")}</p>`}
    <${Fault} fault=${fault} /></section>`;
}
