/** Plans made and changed by themselves: at which times, on which days, and whether they go straight to the trucks. */
import {nowMs} from "../lib/clock.js";
import {useWords} from "../lib/context.js";
import {html, useEffect, useState} from "../lib/html.js";
import {may} from "../office/may.js";
import {inOrder} from "../office/natural.js";
import {Fault, failureText} from "../office/refused.js";
import {getSchedule, putSchedule} from "./api.js";
import {Boxes} from "./boxes.js";
import {DaysOff, stillAhead} from "./days_off.js";

const MONDAY = Date.UTC(2026, 10, 16, 12); // any Monday: only its name is used
const DAY_MS = 86_400_000;

/** The areas that the bins name, and those the schedule has from before. */
const areasOf = (areas, chosen) => inOrder(new Set([...areas, ...chosen].filter(Boolean)));

/** What became of the last mornings, or of the last second rounds. */
function Runs({title, runs}) {
  const words = useWords();
  const {t, format} = words;
  if (!runs.length) return null;
  return html`<section class="runs"><h3>${title}</h3><ul>${runs.map((run) => html`<li key=${run.day}>
    <b>${format.shortDay(`${run.day}T12:00:00Z`)}</b> <span class=${`tag ${run.status}`}>${t(`run.${run.status}`)}</span>
    ${run.begun_utc && html` <span>${format.time(run.begun_utc)}</span>`}
    ${run.detail && html`<small>${failureText(run, words)}</small>`}</li>`)}</ul></section>`;
}

/** The form as a person has it, with what became of the last plans as the server has it. */
const withRuns = (form, {runs, next_utc, second_round: noon}) => ({...form, runs, next_utc,
  second_round: {...form.second_round, runs: noon.runs, next_utc: noon.next_utc}});

/** What the server has, what is being changed, and what became of it; `run` is the newest that the server told of. */
function useSchedule(run) {
  const [state, setState] = useState({form: null, fault: "", saved: false});
  const doing = async (work, more) => {
    try {
      setState({form: await work(), fault: "", saved: false, ...more});
    } catch (error) {
      setState((before) => ({...before, fault: error, saved: false}));
    }
  };
  useEffect(() => {
    doing(getSchedule);
  }, []);
  useEffect(() => {
    if (run) getSchedule().then((fresh) => setState((before) => before.form ? {...before, form: withRuns(before.form, fresh)} : before), () => {});
  }, [run]);
  return {...state, change: (next) => setState((before) => ({...before, form: {...before.form, ...next}, saved: false})),
    save: (body) => doing(() => putSchedule(body), {saved: true})};
}

/** The change of the plan on the road at noon. */
function SecondRound({form, disabled, change}) {
  const {t, format} = useWords();
  const set = (next) => change({second_round: {...form.second_round, ...next}});
  return html`<div class="second-round"><fieldset><legend>${t("noon.title")}</legend><p class="hint">${t("noon.lead")}</p>
    <${Box} name="enabled" of=${form.second_round} change=${set} disabled=${disabled}>${t("noon.enabled")}<//>
    <${Time} of=${form.second_round} change=${set} disabled=${disabled}>${t("noon.time", {zone: format.timeZone})}<//>
    <${Box} name="auto_publish" of=${form.second_round} change=${set} disabled=${disabled}>${t("noon.auto_publish")}<//>
    <p class="hint">${t("noon.auto_hint")}</p></fieldset></div>`;
}

const Box = ({name, of, change, disabled, children}) => html`<label class="check"><input type="checkbox" checked=${of[name]}
  disabled=${disabled} onChange=${(event) => change({[name]: event.target.checked})} /><b>${children}</b></label>`;

const Time = ({of, change, disabled, children}) => html`<label class="field"><span>${children}</span><input type="time" required
  disabled=${disabled} value=${of.local_time} onInput=${(event) => change({local_time: event.target.value})} /></label>`;

/** What a client may say of the second round. */
const ofNoon = ({enabled, local_time, auto_publish}) => ({enabled, local_time, auto_publish});

export function Schedule({areas: known, run}) {
  const {t, format} = useWords();
  const {form, fault, saved, change, save} = useSchedule(run);
  if (!form) return fault ? html`<${Fault} fault=${fault} />` : html`<p class="empty" role="status">${t("app.loading")}</p>`;
  const weekday = new Intl.DateTimeFormat(format.locale, {weekday: "long", timeZone: "UTC"});
  const days = [1, 2, 3, 4, 5, 6, 7].map((day) => [day, weekday.format(MONDAY + (day - 1) * DAY_MS)]);
  const areas = areasOf(known, form.areas);
  const noon = form.second_round;
  const today = new Intl.DateTimeFormat("sv-SE", {timeZone: form.timezone}).format(nowMs()); // as 2026-11-22
  const daysOff = stillAhead(form.days_off, today);
  const disabled = !may("schedule");
  const send = (event) => {
    event.preventDefault();
    const {enabled, local_time, weekdays, areas: chosen, auto_publish} = form;
    save({enabled, local_time, weekdays, days_off: daysOff, areas: chosen, auto_publish, second_round: ofNoon(noon)});
  };
  return html`<div class="schedule-view" tabindex="0" role="region" aria-label=${t("schedule.title")}><form class="schedule" onSubmit=${send}>
    <h2>${t("schedule.title")}</h2><p class="hint">${t("schedule.lead")}</p>
    <${Box} name="enabled" of=${form} change=${change} disabled=${disabled}>${t("schedule.enabled")}<//>
    <${Time} of=${form} change=${change} disabled=${disabled}>${t("schedule.time", {zone: format.timeZone})}<//>
    <${Boxes} legend=${t("schedule.weekdays")} choices=${days} chosen=${form.weekdays}
      hint=${t("schedule.weekdays_hint")} disabled=${disabled} onChosen=${(weekdays) => change({weekdays})} />
    <${DaysOff} chosen=${daysOff} today=${today} disabled=${disabled} onChosen=${(days_off) => change({days_off})} />
    ${areas.length > 0 && html`<${Boxes} legend=${t("schedule.areas")} hint=${t("schedule.areas_hint")}
      choices=${areas.map((each) => [each, each])} chosen=${form.areas} disabled=${disabled}
      onChosen=${(chosen) => change({areas: chosen})} />`}
    <${Box} name="auto_publish" of=${form} change=${change} disabled=${disabled}>${t("schedule.auto_publish")}<//>
    <p class="hint">${t("schedule.auto_hint")}</p>
    <${SecondRound} form=${form} change=${change} disabled=${disabled} />
    ${!disabled && html`<button type="submit" class="button primary">${t("schedule.save")}</button>`}
    <${Fault} fault=${fault} />
    <p role="status">${saved && html`<b class="saved">${t("schedule.saved")}</b> `}
      ${form.enabled && form.next_utc ? t("schedule.next", {time: format.dayTime(form.next_utc)}) : t("schedule.off")}
      ${" "}${noon.enabled && noon.next_utc ? t("noon.next", {time: format.dayTime(noon.next_utc)}) : t("noon.off")}</p>
  </form><${Runs} title=${t("schedule.runs")} runs=${form.runs ?? []} /><${Runs} title=${t("noon.runs")} runs=${noon.runs ?? []} /></div>`;
}
