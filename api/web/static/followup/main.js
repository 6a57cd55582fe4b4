/** The follow-up page: today on the road, planned beside done, and the rest of the day planned anew. */
import {html} from "../lib/html.js";
import {openWhenThere} from "../office/open.js";
import {FollowUpApp} from "./app.js";
import {openDesk} from "./desk.js";

openWhenThere("app.followup_title", (city) => openDesk(city),
  (desk, fault, onLanguage) => html`<${FollowUpApp} desk=${desk} fault=${fault} onLanguage=${onLanguage} />`);
