/** What the page knows: the registry's copy on the phone, what was done, and whether the server answers. */
import {ask} from "../lib/api.js";
import {createStore} from "../lib/store.js";
import {openOutbox} from "./outbox.js";
import {createSender} from "./sender.js";

const REFRESH_MS = 5 * 60_000;

export const askDevice = (id) => ask(`/installations/devices/${encodeURIComponent(id)}`);

/** The registry's copy as it is once the act is done. */
function after(catalogue, body) {
  const bins = catalogue.bins.map((bin) => {
    if (bin.id === body.bin_id) return {...bin, sensor: body.sensor_id};
    return bin.sensor === body.sensor_id ? {...bin, sensor: null} : bin;
  });
  return {...catalogue, bins};
}

/** @returns {Promise<object>} Rejects when the phone keeps nothing. */
export async function openSession() {
  const outbox = await openOutbox();
  const acts = await outbox.all();
  const begun = await outbox.recall("begun");
  const store = createStore({catalogue: (await outbox.recall("catalogue")) ?? null, acts, online: undefined, signedOut: false,
    sending: 0, page: "", begun: acts.some((act) => act.key === begun?.key) ? null : begun ?? null});
  const tell = async () => store.set({acts: await outbox.all()});
  const sender = createSender(outbox, (state) => store.set(state), tell);

  async function refresh() {
    try {
      const waiting = await outbox.waiting(); // asked first: what is sent meanwhile may be in the answer or not
      const told = await ask("/installations/catalogue");
      const catalogue = waiting.reduce((copy, {body}) => after(copy, body), told);
      await outbox.remember("catalogue", catalogue);
      store.set({catalogue, online: true, signedOut: false});
    } catch (error) {
      store.set({online: error.status > 0, signedOut: [401, 403].includes(error.status)});
    }
  }
  refresh().then(sender.flush);
  setInterval(() => document.hidden || refresh(), REFRESH_MS);
  addEventListener("online", refresh);
  addEventListener("offline", () => store.set({online: false}));

  /** A phone short of memory ends the page while its camera is open: what was begun is there again. */
  async function keepBegun(begun) {
    if (store.get().acts.some((act) => act.key === begun?.key)) return; // it is done
    store.set({begun});
    await outbox.remember("begun", begun);
  }

  return {
    store, keepBegun,
    /** Keep what was done; it is on the disk of the phone when this resolves. The copy of the registry follows it. */
    async done(body, photos) {
      await outbox.keep(body, photos);
      const catalogue = after(store.get().catalogue, body);
      store.set({catalogue});
      await outbox.remember("catalogue", catalogue);
      await tell();
      await keepBegun(null);
      sender.flush();
    },
    async putAway(key) {
      await outbox.putAway(key);
      await tell();
    },
    flush: () => sender.flush(),
    refresh,
  };
}
