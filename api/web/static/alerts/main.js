/** The page of alerts: what is the matter, what to do about it, what is being done, and who is told. */
import {html} from "../lib/html.js";
import {openWhenThere} from "../office/open.js";
import {AlertsApp} from "./app.js";
import {openDesk} from "./desk.js";

openWhenThere("app.alerts_title", () => openDesk(),
  (desk, fault, onLanguage) => html`<${AlertsApp} desk=${desk} fault=${fault} onLanguage=${onLanguage} />`);
