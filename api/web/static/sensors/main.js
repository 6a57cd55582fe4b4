/** The page of sensors and stream: what comes in, what does not, and what was not understood. */
import {html} from "../lib/html.js";
import {openWhenThere} from "../office/open.js";
import {SensorsApp} from "./app.js";
import {openDesk} from "./desk.js";

openWhenThere("app.sensors_title", () => openDesk(),
  (desk, fault, onLanguage) => html`<${SensorsApp} desk=${desk} fault=${fault} onLanguage=${onLanguage} />`);
