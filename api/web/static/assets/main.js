/** The registry: places, bins, containers and sensors, who knocks without being known, and all of it as a spreadsheet. */
import {html} from "../lib/html.js";
import {openWhenThere} from "../office/open.js";
import {AssetsApp} from "./app.js";
import {openDesk} from "./desk.js";

openWhenThere("assets.title", () => openDesk(),
  (desk, fault, onLanguage) => html`<${AssetsApp} desk=${desk} fault=${fault} onLanguage=${onLanguage} />`);
