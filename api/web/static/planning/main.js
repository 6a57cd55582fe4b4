/** The planning page: order a plan, understand it, change it, send it to the trucks. */
import {html} from "../lib/html.js";
import {openWhenThere} from "../office/open.js";
import {PlanningApp} from "./app.js";
import {openDesk} from "./desk.js";

openWhenThere("planning.page_title", openDesk,
  (desk, fault, onLanguage) => html`<${PlanningApp} desk=${desk} fault=${fault} onLanguage=${onLanguage} />`);
