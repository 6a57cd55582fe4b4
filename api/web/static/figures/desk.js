/** What the page knows: the range, the figures in it, and whether a new day has come. */
import {STREAM_PATH, ask} from "../lib/api.js";
import {nowMs} from "../lib/clock.js";
import {createStore} from "../lib/store.js";
import {listen} from "../lib/stream.js";

const DAY_MS = 86_400_000;
const BASE = "/api/v1/figures";

/** The local date of a moment, as the API writes days. */
export const isoDay = (ms, timeZone) => new Intl.DateTimeFormat("sv-SE", {timeZone}).format(new Date(ms));

/** The last so many days that can be finished: today never is. */
export const lastDays = (days, timeZone) => ({
  from: isoDay(nowMs() - days * DAY_MS, timeZone), to: isoDay(nowMs() - DAY_MS, timeZone),
});

export function openDesk(city) {
  const {timezone} = city.organisation;
  const store = createStore({
    ...lastDays(28, timezone), by: "day", measure: "distance", figures: null, fault: "", live: undefined,
  });
  let asked = 0;

  const days = () => {
    const {from, to} = store.get();
    return new URLSearchParams({from, to});
  };
  const query = () => `${days()}&by=${store.get().by}`;

  async function look() {
    const number = asked += 1;
    try {
      const figures = await ask(`/figures?${query()}`);
      if (number === asked) store.set({figures, fault: ""}); // an older answer may come later
    } catch (error) {
      if (number === asked) store.set({fault: error});
    }
  }

  function choose(next) {
    store.set(next);
    const {from, to} = store.get();
    if (from && to && from <= to) look();
  }

  look();
  listen(STREAM_PATH, {figures: look}, (live) => store.set({live}));

  return {
    store,
    timezone,
    choose,
    show: (measure) => store.set({measure}),
    tablePath: () => `${BASE}/table.csv?${query()}`,
    auditPath: () => `${BASE}/audit.json?${days()}`,
  };
}
