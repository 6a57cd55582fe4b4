/** The page of the drivers' tablets: let one in, see who is in, shut one out. */
import {html} from "../lib/html.js";
import {openWhenThere} from "../office/open.js";
import {TabletsApp} from "./app.js";
import {openDesk} from "./desk.js";

openWhenThere("app.tablets_title", () => openDesk(),
  (desk, fault, onLanguage) => html`<${TabletsApp} desk=${desk} fault=${fault} onLanguage=${onLanguage} />`);
