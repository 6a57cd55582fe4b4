/** What the forms of accounts share: a field with its words and fault, and how a refusal is told. */
import {ApiError} from "../lib/api.js";
import {useWords} from "../lib/context.js";
import {html, useState} from "../lib/html.js";

/** A labelled input; `fault` is said by the field itself. */
export function Field({name, label, value, onInput, type = "text", hint = "", fault = "", ...more}) {
  return html`<label class="field"><b>${label}</b>
    <input name=${name} type=${type} value=${value} onInput=${(event) => onInput(event.target.value)}
      aria-invalid=${fault ? "true" : undefined} ...${more} />
    ${(fault || hint) && html`<small>${fault || hint}</small>`}</label>`;
}

export const Fault = ({text}) => html`<div role="alert">${text && html`<p class="fault">${text}</p>`}</div>`;

const kindOf = (error) => error instanceof ApiError ? error.problem?.type?.split(":").pop() ?? "" : "";

const TOLD_HERE = ["login", "device_id", "topics"];

/** A refused field in the words of the page; the server's bound says the rest where the page has no words of its own. */
function ofField({field: path, bound}, t) {
  const [field] = path.split(".");
  if (field === "code") return t("refused.second-factor-refused");
  if (TOLD_HERE.includes(field)) return `${t(`field.${field}`)}: ${t(`refused.field.${field}`)}`;
  if (field !== "password" && field !== "new") return `${t(`field.${field}`)}: ${bound}`;
  return t(bound.includes("characters") ? "refused.password-length" : "refused.password-easy");
}

/** A refusal in the words of the page; the server's own where the page has none. `words`: the form's own, by kind. */
export function told(error, t, words = {}) {
  const kind = kindOf(error);
  const first = error.problem?.errors?.[0];
  if (first) return {kind, field: first.field, text: ofField(first, t)};
  if (words[kind]) return {kind, field: "", text: t(words[kind])};
  const known = ["sign-in-refused", "second-factor-refused", "too-many-sign-ins", "sign-in-busy", "https-required",
    "link-refused", "password-wrong", "device-has-login"];
  return {kind, field: "", text: known.includes(kind) ? t(`refused.${kind}`) : error.message};
}

/** Runs what a form asks for, and knows whether it is under way and what went wrong. */
export function useDeed(words) {
  const {t} = useWords();
  const [state, setState] = useState({busy: false, fault: "", kind: ""});
  const run = async (deed) => {
    setState({busy: true, fault: "", kind: ""});
    try {
      const answer = await deed();
      setState({busy: false, fault: "", kind: ""});
      return answer ?? true;
    } catch (error) {
      const {kind, text} = told(error, t, words);
      setState({busy: false, fault: text, kind});
      return null;
    }
  };
  return {...state, run};
}

/** Stop the browser's own sending, and do it here. */
export const sending = (deed) => (event) => {
  event.preventDefault();
  deed();
};
