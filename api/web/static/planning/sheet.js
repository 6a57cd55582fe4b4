/** The lists as the browser prints them; made only then, since a plan may have a thousand stops. */
import {useWords} from "../lib/context.js";
import {html, useEffect, useState} from "../lib/html.js";

function List({route, day}) {
  const {t, format} = useWords();
  return html`<section class="paper"><h2>${route.vehicle_name} · ${format.day(`${day}T12:00:00Z`)}</h2>
    <table><thead><tr>${["number", "time", "place", "bin", "fill", "done"].map((each) => html`<th scope="col">
      ${t(`sheet.${each}`)}</th>`)}</tr></thead>
    <tbody>${route.stops.map((stop, index) => html`<tr><td>${index + 1}</td><td>${format.time(stop.arrive_utc)}</td>
      <td>${stop.kind === "collect" ? stop.name : t(`stops.${stop.kind}`, {place: stop.name})}
        ${stop.access_note && html`<small>${stop.access_note}</small>`}</td>
      <td>${stop.bin_id ?? ""}</td><td>${stop.kind === "collect" ? format.fill(stop.expected_fill_fraction) : ""}</td>
      <td class="tick">☐</td></tr>`)}</tbody></table></section>`;
}

export function PrintedLists({plan}) {
  const [isPrinting, setPrinting] = useState(false);
  useEffect(() => {
    const begin = () => setPrinting(true);
    const end = () => setPrinting(false);
    addEventListener("beforeprint", begin);
    addEventListener("afterprint", end);
    return () => {
      removeEventListener("beforeprint", begin);
      removeEventListener("afterprint", end);
    };
  }, []);
  if (!isPrinting || !plan) return null;
  return html`<div class="papers">${plan.routes.map((route) => html`<${List} key=${route.vehicle_id} route=${route} day=${plan.day} />`)}</div>`;
}
