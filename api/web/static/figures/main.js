/** The key figures: what finished days came to, what was saved, and how to doubt it. */
import {html} from "../lib/html.js";
import {openWhenThere} from "../office/open.js";
import {FiguresApp} from "./app.js";
import {openDesk} from "./desk.js";

openWhenThere("app.figures_title", (city) => openDesk(city),
  (desk, fault, onLanguage) => html`<${FiguresApp} desk=${desk} fault=${fault} onLanguage=${onLanguage} />`);
