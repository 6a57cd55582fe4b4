/** The signs of the line: each state has a shape of its own, the colour repeats it. */
import {html} from "../lib/html.js";

const DOT = 4.5;
const diamond = (r) => `M0 ${-r}L${r} 0L0 ${r}L${-r} 0z`;
const SHAPES = {
  todo: html`<circle r=${DOT - 0.5} />`,
  todo_late: html`<path d="M0 -5.500L5.500 4.500H-5.500z" />`,
  emptied: html`<circle r=${DOT} />`,
  late: html`<path d="M0 -6L6 5H-6z" />`,
  skipped: html`<path d=${diamond(6.5)} /><path class="cross" d="M-2.500 -2.500L2.500 2.500M2.500 -2.500L-2.500 2.500" />`,
  extra: html`<path class="plus" d="M0 -5.500V5.500M-5.500 0H5.500" />`,
  dispose_todo: html`<rect x="-5" y="-5" width="10" height="10" />`,
  dispose_done: html`<rect x="-5" y="-5" width="10" height="10" />`,
  break_todo: html`<rect x="-7" y="-3.500" width="14" height="7" rx="3.500" />`,
  break_done: html`<rect x="-7" y="-3.500" width="14" height="7" rx="3.500" />`,
};
export const LOOKS = Object.keys(SHAPES);

export const Shape = ({look}) => html`<g class=${`sign ${look}`}>${SHAPES[look]}</g>`;

/** A sign by itself, beside its word. */
export function Sign({look}) {
  return html`<svg class="mark" width="18" height="18" viewBox="-9 -9 18 18" aria-hidden="true" focusable="false">
    <${Shape} look=${look} /></svg>`;
}
