/** A band's sign: the same shape, colour and outline as on the map. */
import {html} from "../lib/html.js";

const SHAPES = {
  none: html`<circle cx="12" cy="12" r="5" fill="var(--none-fill)" stroke="var(--none-line)" stroke-dasharray="2.6 2.2" />`,
  low: html`<circle cx="12" cy="12" r="4.5" fill="var(--low)" stroke="var(--surface)" />`,
  mid: html`<circle cx="12" cy="12" r="6.5" fill="var(--mid)" stroke="var(--mark-line)" />`,
  high: html`<path d="M12 3.500L20.500 12 12 20.500 3.500 12z" fill="var(--high)" stroke="var(--mark-line)" />`,
  full: html`<g><path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z" fill="var(--full)" stroke="var(--mark-line)" />
    <path d="M12 6.500v6.500M12 16.200v1.600" stroke="var(--surface)" stroke-width="2.600" /></g>`,
  over: html`<g><path d="M12 1.500L23 21.500H1z" fill="var(--ink)" stroke="var(--surface)" />
    <path d="M12 8v6.500M12 17.200v1.600" stroke="var(--surface)" stroke-width="2.400" /></g>`,
};

export function BandMark({band, size = 22}) {
  return html`<svg class="mark" width=${size} height=${size} viewBox="0 0 24 24" stroke-width="1.6"
    aria-hidden="true" focusable="false">${SHAPES[band]}</svg>`;
}
