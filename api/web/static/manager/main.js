/** The manager's page: the whole city, live. */
import {html} from "../lib/html.js";
import {openWhenThere} from "../office/open.js";
import {ManagerApp} from "./app.js";
import {openDesk} from "./desk.js";

openWhenThere("app.manager_title", openDesk,
  (desk, fault, onLanguage) => html`<${ManagerApp} desk=${desk} fault=${fault} onLanguage=${onLanguage} />`);
