/** What the forms of accounts share: a field with its words and fault, and how what they ask for goes. */
import {useWords} from "../lib/context.js";
import {html, useState} from "../lib/html.js";
import {kindOf, refusalText} from "../office/refused.js";

/** A labelled input; `fault` is said by the field itself. */
export function Field({name, label, value, onInput, type = "text", hint = "", fault = "", ...more}) {
  return html`<label class="field"><b>${label}</b>
    <input name=${name} type=${type} value=${value} onInput=${(event) => onInput(event.target.value)}
      aria-invalid=${fault ? "true" : undefined} ...${more} />
    ${(fault || hint) && html`<small>${fault || hint}</small>`}</label>`;
}

export const Fault = ({text}) => html`<div role="alert">${text && html`<p class="fault">${text}</p>`}</div>`;

/** Runs what a form asks for, and knows whether it is under way and what went wrong. */
export function useDeed() {
  const words = useWords();
  const [{busy, error}, setState] = useState({busy: false, error: null});
  const run = async (deed) => {
    setState({busy: true, error: null});
    try {
      const answer = await deed();
      setState({busy: false, error: null});
      return answer ?? true;
    } catch (thrown) {
      setState({busy: false, error: thrown});
      return null;
    }
  };
  return {busy, fault: error ? refusalText(error, words) : "", kind: kindOf(error), run};
}

/** Stop the browser's own sending, and do it here. */
export const sending = (deed) => (event) => {
  event.preventDefault();
  deed();
};
