/** What the page knows: the registry's copy on the phone, what was done, and whether the server answers. */
import {ask} from "../lib/api.js";
import {createStore} from "../lib/store.js";
import {openOutbox} from "./outbox.js";
import {createSender} from "./sender.js";

const REFRESH_MS = 5 * 60_000;

export const askDevice = (id) => ask(`/installations/devices/${encodeURIComponent(id)}`);

/** @returns {Promise<object>} Rejects when the phone keeps nothing. */
export async function openSession() {
  const outbox = await openOutbox();
  const store = createStore({catalogue: (await outbox.recall("catalogue")) ?? null, acts: await outbox.all(), online: undefined,
    signedOut: false, sending: 0, page: ""});
  const tell = async () => store.set({acts: await outbox.all()});
  const sender = createSender(outbox, (state) => store.set(state), tell);

  async function refresh() {
    try {
      const catalogue = await ask("/installations/catalogue");
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

  return {
    store,
    /** Keep what was done; it is on the disk of the phone when this resolves. The copy of the registry follows it. */
    async done(body, photos) {
      await outbox.keep(body, photos);
      const {catalogue} = store.get();
      const bins = catalogue.bins.map((bin) => {
        if (bin.id === body.bin_id) return {...bin, sensor: body.sensor_id};
        return bin.sensor === body.sensor_id ? {...bin, sensor: null} : bin;
      });
      store.set({catalogue: {...catalogue, bins}});
      await outbox.remember("catalogue", {...catalogue, bins});
      await tell();
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
