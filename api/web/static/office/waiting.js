/** What a page of the office shows until it knows its city: that it loads, what is in the way, or how a city begins. */
import {ask} from "../lib/api.js";
import {useWords} from "../lib/context.js";
import {html, useEffect, useState} from "../lib/html.js";
import {refusalText} from "./refused.js";

/** Each step, and what is typed for it; the person at this page may not be the one at the server. */
const STEPS = [
  ["city", ["tomma import city.json --dry-run", "tomma import city.json"]],
  ["streets", ["tomma roads build city.osm.pbf", "tomma basemap build city.osm.pbf"]],
  ["sensors", ["tomma ingest --embedded-broker"]],
];

function FirstSteps() {
  const {t} = useWords();
  return html`<section class="first-steps"><h2>${t("first.title")}</h2><p>${t("first.lead")}</p>
    <ol>${STEPS.map(([step, commands]) => html`<li key=${step}><b>${t(`first.${step}`)}</b>
      ${commands.map((each) => html`<code key=${each}>${each}</code>`)}</li>`)}</ol>
    <p role="status">${t("first.by_itself")}</p></section>`;
}

/** @param {Error | ""} fault Why there is no city to show; empty while nobody has answered. */
export function Waiting({fault}) {
  const words = useWords();
  const {t} = words;
  const [isNew, setNew] = useState(false);
  useEffect(() => {
    if (fault) ask("/city").then(() => setNew(false), (error) => setNew(error.status === 404));
  }, [fault]);
  return html`<main id="content" class="waiting" tabindex="-1">${isNew ? html`<${FirstSteps} />` : html`<p role="status">${fault
    ? refusalText(fault, words) : t("app.loading")}</p>`}</main>`;
}
