/** A reason as the office reads it: its name, and what there is to say beyond the name. */
import {useWords} from "../lib/context.js";
import {html} from "../lib/html.js";
import {Icon} from "../lib/icons.js";
import {reasonText, reasonTitle} from "../lib/reasons.js";

/** The tablet has the sentence alone, so some begin with the name: "Not worth the detour: emptying it ...". */
export function beyond(name, text) {
  if (!text.startsWith(name) || !/[:;]/.test(text.charAt(name.length))) return text;
  const rest = text.slice(name.length + 1).trimStart();
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

export function Reason({reason}) {
  const {t, format} = useWords();
  const name = reasonTitle(reason.code, t);
  return html`<li><${Icon} name="why" size=${20} /><p><b>${name}.</b> ${beyond(name, reasonText(reason, t, format))}</p></li>`;
}
