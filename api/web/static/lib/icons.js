/** The pictures on buttons: strokes on a 24 x 24 grid, in the colour of the text beside them. Never the only sign. */
import {html} from "./html.js";

const STROKES = {
  check: "M4 12.5l5.2 5.2L20 6.8",
  skip: "M5 5l8 7-8 7z M18 5v14",
  undo: "M8 5L4 9l4 4 M4 9h10a5.5 5.5 0 010 11h-3",
  close: "M6 6l12 12 M18 6L6 18",
  plus: "M12 5v14 M5 12h14",
  minus: "M5 12h14",
  target: "M12 3v4 M12 17v4 M3 12h4 M17 12h4 M12 8a4 4 0 100 8 4 4 0 000-8z",
  route: "M6 19a2 2 0 100-4 2 2 0 000 4z M18 9a2 2 0 100-4 2 2 0 000 4z M8 17h7a3.5 3.5 0 000-7H9a3.5 3.5 0 010-5h7",
  truck: "M2 6h11v10H2z M13 9h4l4 4v3h-8z M6.5 19a2 2 0 100-4 2 2 0 000 4z M17 19a2 2 0 100-4 2 2 0 000 4z",
  key: "M8 15a4 4 0 100-8 4 4 0 000 8z M12 11h9 M18 11v4 M21 11v3",
  why: "M12 21a9 9 0 100-18 9 9 0 000 18z M12 11v6 M12 7.2v.2",
  cup: "M4 8h12v6a5 5 0 01-5 5H9a5 5 0 01-5-5z M16 9h2a2.5 2.5 0 010 5h-2 M8 2v3 M12 2v3",
  unload: "M12 3v10 M8 9.5l4 4 4-4 M4 15v5h16v-5",
  home: "M4 11l8-7 8 7 M6 10v10h12V10",
  car: "M3 16v-4l2-5h14l2 5v4z M7 19v-3 M17 19v-3 M3 12h18",
  lock: "M6 11h12v9H6z M8.5 11V8a3.5 3.5 0 017 0v3",
  broken: "M6 8h12l-1 12H7z M4 8h16 M9 8V5h6v3 M12 8l-2 4 3 2-2 5",
  weight: "M7 9h10l3 11H4z M12 9a3 3 0 100-6 3 3 0 000 6z",
  bin: "M6 8h12l-1 12H7z M4 8h16 M9 8V5h6v3",
  danger: "M12 3l10 18H2z M12 10v5 M12 18v.2",
  sun: "M12 8a4 4 0 100 8 4 4 0 000-8z M12 2v2 M12 20v2 M2 12h2 M20 12h2 M5 5l1.4 1.4 M17.6 17.6L19 19 M19 5l-1.4 1.4 M6.4 17.6L5 19",
  day: "M3 19h18 M6 19a6 6 0 0112 0 M12 4v4 M4.5 10.500l2 1.500 M19.500 10.500l-2 1.500",
  moon: "M20 14.5A8.5 8.5 0 119.5 4a7 7 0 0010.5 10.5z",
  auto: "M12 21a9 9 0 100-18 9 9 0 000 18z M12 3v18 M12 7h5 M12 11h8.5 M12 15h8 M12 19h4",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7z M12 9a3 3 0 100 6 3 3 0 000-6z",
  pin: "M12 21s7-6.2 7-11.5A7 7 0 005 9.500C5 14.800 12 21 12 21z M12 12a2.500 2.500 0 100-5 2.500 2.500 0 000 5z",
  more: "M4 7h16 M4 12h16 M4 17h16",
  up: "M12 20V5 M6 11l6-6 6 6",
  turn_left: "M19 20v-7a4 4 0 00-4-4H5 M10 4L5 9l5 5",
  turn_right: "M5 20v-7a4 4 0 014-4h10 M14 4l5 5-5 5",
  arrow: "M5 12h14 M13 6l6 6-6 6",
};

export function Icon({name, size = 24}) {
  return html`<svg class="icon" width=${size} height=${size} viewBox="0 0 24 24" fill="none" stroke="currentColor"
    stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
    <path d=${STROKES[name]} /></svg>`;
}
