/** The driver's page: starts the session, then draws. */
import {nowMs} from "../lib/clock.js";
import {html} from "../lib/html.js";
import {Page, cityOrMemory, mount} from "../lib/page.js";
import {sunElevationDeg} from "../lib/sun.js";
import {followRule, refreshTheme} from "../lib/theme.js";
import {DriverApp} from "./app.js";
import {openSession, wantedVehicle} from "./session.js";
import {keepAwake} from "./wake.js";

// Before another may take its place.
const {controller} = navigator.serviceWorker ?? {};
// Street lamps go on about here.
const DUSK_DEG = -2;
const LOOK_AT_SUN_MS = 20_000;

function followSun(city) {
  const [west, south, east, north] = city.bounds;
  followRule(() => sunElevationDeg(nowMs(), (south + north) / 2, (west + east) / 2) < DUSK_DEG);
  setInterval(refreshTheme, LOOK_AT_SUN_MS);
}

async function open() {
  const [city, session] = await Promise.all([cityOrMemory(), openSession(wantedVehicle())]);
  if (city?.bounds) followSun(city);
  keepAwake();
  mount(html`<${Page} city=${city} titleKey="app.driver_title"
    view=${(onLanguage) => html`<${DriverApp} session=${session} onLanguage=${onLanguage} />`} />`);
  // Last: the next stop and its buttons come first. If the network went just now: at the next visit.
  import("./offline.js").then(({keepPage}) => keepPage(controller), () => {});
}

const farewell = /^#(revoked|signed_out)$/.exec(location.hash)?.[1];
if (farewell) import("./pairing/farewell.js").then(({sayFarewell}) => sayFarewell(farewell));
else await open();
