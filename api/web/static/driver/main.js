/** The driver's page: starts the session, then draws. */
import {nowMs} from "../lib/clock.js";
import {html, useLayoutEffect} from "../lib/html.js";
import {Page, mount} from "../lib/page.js";
import {useStore} from "../lib/store.js";
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
  const timer = setInterval(refreshTheme, LOOK_AT_SUN_MS);
  return () => clearInterval(timer);
}

function Driver({session}) {
  const {city} = useStore(session.store);
  useLayoutEffect(() => city?.bounds && followSun(city), [city]);
  return html`<${Page} city=${city} titleKey="app.driver_title"
    view=${(onLanguage) => html`<${DriverApp} session=${session} onLanguage=${onLanguage} />`} />`;
}

async function open() {
  const session = await openSession(wantedVehicle());
  keepAwake();
  mount(html`<${Driver} session=${session} />`);
  // Last: the next stop and its buttons come first. If the network went just now: at the next visit.
  import("./offline.js").then(({keepPage}) => keepPage(controller), () => {});
}

const farewell = /^#(revoked|signed_out)$/.exec(location.hash)?.[1];
if (farewell) import("./pairing/farewell.js").then(({sayFarewell}) => sayFarewell(farewell));
else await open();
