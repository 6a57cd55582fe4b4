/**
 * Why something could not be done, in the page's language: by the problem's type and values (RFC 9457), and for refused
 * fields by the rule that each breaks.
 */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";

const SHOWN = 40;
const DECIMAL = /^-?\d+\.\d+$/; // without a point it may be an id
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(\.\d+)?Z$/;

/** The last word of a problem's type; "" for what is no answer of the server. */
export const kindOf = (fault) => fault?.problem?.type?.split(":").pop() ?? "";

/** A value as the page writes it: numbers and times by the language, other fields by their names. */
function written(name, value, {t, format}) {
  if (typeof value === "number") return new Intl.NumberFormat(format?.locale, {maximumFractionDigits: 3}).format(value);
  if (name === "other") return fieldName(value, t);
  return MOMENT.test(value) && format ? format.dayTime(value) : value;
}

/** What the page calls the things that a refusal names. */
function named(values, words) {
  const told = Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, written(name, value, words)]));
  return {...told, vehicle: words.city?.vehicles.find((each) => each.id === told.vehicle_id)?.name ?? told.vehicle_id};
}

/** `shifts.truck-1.start`: the innermost part that the page has a name for. */
function fieldName(path, t) {
  const parts = path.split(".").reverse();
  const key = parts.map((part) => `field.${part}`).find((each) => t(each) !== each);
  return key ? t(key) : parts[0];
}

/** What a refused field must be, to stand beside it. @param {{rule: string, values?: object}} error */
export const boundText = ({rule, values}, words) => words.t(`bound.${rule}`, named(values, words));

/** The same with the field's name and what was in it, to stand anywhere; whoever typed a long text knows it. */
export function fieldText(error, words, name = fieldName(error.field, words.t)) {
  const came = error.value ?? "";
  const value = DECIMAL.test(came) ? written("value", Number(came), words) : came;
  const told = {field: name, bound: boundText(error, words), value};
  const text = words.t(came && came.length <= SHOWN ? "refused.field_value" : "refused.field", told);
  return error.advice ? `${text} ${words.t(`advice.${error.advice}`)}` : text;
}

/** A refusal's words; those of the server where the page has none for this kind. */
function toldAs(kind, values, detail, words) {
  const key = `refused.${kind}`;
  const text = words.t(key, named(values, words));
  return text === key ? words.t("refused.other", {detail}) : text;
}

/**
 * @param {import("../lib/api.js").ApiError | Error | string} fault
 * @param {{t: Function, format?: object, city?: object}} words As `useWords` has them.
 * @returns {string} One sentence; one more when there is more to mend.
 */
export function refusalText(fault, words) {
  if (typeof fault?.status !== "number") return words.t("app.could_not_load", {detail: fault?.message ?? fault});
  if (!fault.problem || !fault.status) return words.t("refused.unreachable"); // or a proxy before the server spoke
  const [first, ...more] = fault.problem.errors ?? [];
  if (!first) return toldAs(kindOf(fault), fault.problem.values, fault.problem.detail, words);
  const text = fieldText(first, words);
  return more.length ? words.t("refused.several", {first: text, n: more.length}) : text;
}

/** Why a plan that was ordered came to nothing: refused at once, or failed while it was made. */
export function failureText(job, words) {
  if (job.error) return refusalText(job.error, words);
  return job.failure ? toldAs(job.failure, {}, job.detail, words) : job.detail;
}

/** @param {{fault: unknown}} props Nothing to show when it is empty. */
export function Fault({fault}) {
  const words = useWords();
  return fault ? html`<p class="fault" role="alert">${refusalText(fault, words)}</p>` : null;
}
