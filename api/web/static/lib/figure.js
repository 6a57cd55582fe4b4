/** One key figure in a strip: the number, what it is, and what it should be read beside. */
import {html} from "./html.js";

export function Figure({value, label, sub, tone = ""}) {
  return html`<li class=${`figure ${tone}`}><b>${value}</b><span>${label}</span><small>${sub}</small></li>`;
}
