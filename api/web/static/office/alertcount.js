/** How many alerts nobody has taken on, beside the link to them; asked again now and then, and when the page comes back. */
import {ask} from "../lib/api.js";
import {useWords} from "../lib/context.js";
import {html, useEffect, useState} from "../lib/html.js";

const AGAIN_MS = 10_000;
export const TOLD = "tomma.alerts";
/** A page that hears of alerts itself says so by this event: then the count need not be asked for. */
export const tellCount = (summary) => dispatchEvent(new CustomEvent(TOLD, {detail: summary}));

export function AlertCount() {
  const {t, format} = useWords();
  const [{open, now}, setSummary] = useState({open: 0, now: 0});
  useEffect(() => {
    const look = () => document.hidden || ask("/alerts/summary").then(setSummary, () => {}); // the next turn asks again
    const hear = (event) => setSummary(event.detail);
    look();
    const timer = setInterval(look, AGAIN_MS);
    document.addEventListener("visibilitychange", look);
    addEventListener(TOLD, hear);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
      removeEventListener(TOLD, hear);
    };
  }, []);
  if (!open) return null;
  return html`<b class=${`alert-count ${now ? "now" : ""}`}><span class="visually-hidden">${t("bar.alerts", {n: open})}</span>
    <span aria-hidden="true">${now ? "! " : ""}${format.whole(open)}</span></b>`;
}
