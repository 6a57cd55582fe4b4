/** The range in one glance: what was done, each figure with what it is measured by. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {meanFill, roundHours, spreadOfFill, totalDone} from "./measures.js";

function Tile({name, value, more}) {
  const {t} = useWords();
  return html`<div class="tile"><dt>${t(`figures.tile.${name}`)}</dt><dd><b>${value}</b>${more && html`<small>${more}</small>`}
    </dd></div>`;
}

const sum = (periods, name) => {
  const told = periods.map((each) => each[name]).filter((value) => value !== null);
  return told.length ? told.reduce((one, other) => one + other, 0) : null;
};

export function Tiles({figures}) {
  const {t, format} = useWords();
  const counted = figures.periods.reduce((days, each) => days + each.counted, 0);
  const done = totalDone(figures.periods, counted ? "counted_figures" : "figures");
  const planned = sum(figures.periods, "planned_bins");
  const emptied = sum(figures.periods, "planned_bins_emptied");
  // What the sensors saw tells of lifts and levels; without a plan nobody knows what was driven.
  const driven = (text) => (counted ? text : "–");
  const tonnes = (kg) => (kg === null ? "–" : `${format.tenth(kg / 1000)} t`);
  const hours = (done.driving_s + done.work_s) / 3600;
  return html`<section class="card"><h3>${counted
    ? t("figures.done", {days: format.whole(counted)}) : t("figures.seen")}</h3><dl class="tiles">
    <${Tile} name="distance" value=${driven(format.km(done.distance_m))}
      more=${driven(t("figures.tile.trucks", {trucks: format.whole(done.trucks)}))} />
    <${Tile} name="hours" value=${driven(roundHours(format, hours))}
      more=${driven(t("figures.tile.driving", {h: format.tenth(done.driving_s / 3600)}))} />
    <${Tile} name="lifts" value=${format.whole(done.lifts)} more=${t("figures.tile.skipped", {skipped: format.whole(done.skipped)})} />
    <${Tile} name="fill" value=${format.pct(meanFill(done))} more=${t("figures.tile.spread", {pct: format.pct(spreadOfFill(done))})} />
    <${Tile} name="needless" value=${format.pct(done.lifts ? done.needless / done.lifts : null)}
      more=${t("figures.tile.needless_more", {lifts: format.whole(done.needless)})} />
    <${Tile} name="overflow" value=${roundHours(format, done.overflow_min / 60)}
      more=${t("figures.tile.beside", {litres: format.litres(done.overflow_dl / 10)})} />
    <${Tile} name="adherence" value=${format.pct(planned ? emptied / planned : null)}
      more=${t("figures.tile.of_planned", {emptied: format.whole(emptied), planned: format.whole(planned)})} />
    <${Tile} name="weight" value=${tonnes(sum(figures.periods, "weighed_kg"))}
      more=${t("figures.tile.planned_weight", {tonnes: tonnes(sum(figures.periods, "planned_kg"))})} />
    <${Tile} name="co2" value=${driven(format.kg(done.co2_g / 1000))} more=${t("figures.tile.co2_more")} />
    <${Tile} name="cost" value=${driven(format.money(done.cost_minor))} more=${t("figures.tile.cost_more")} />
  </dl></section>`;
}
