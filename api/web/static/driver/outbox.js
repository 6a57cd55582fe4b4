/**
 * The driver's taps, kept on the device before anything else happens to them.
 *
 * A record is written with strict durability inside one transaction that also draws its sequence number, so a tap is
 * either wholly there after a power cut or was never shown as done. Records stay after they were sent: they are the
 * driver's own list to undo from.
 */
import {Keeper, asPromise, finished, openDatabase} from "../lib/database.js";
import {newKey} from "../lib/ids.js";

const KEEP_MS = 3 * 86_400_000;

function lay(database) {
  const taps = database.createObjectStore("taps", {keyPath: "key"});
  taps.createIndex("by_status", "status");
  // Device id, last sequence number, the routes last seen.
  database.createObjectStore("facts");
}

/** @returns {Promise<Outbox>} Rejects when the browser keeps nothing; then taps must be warned about. */
export async function openOutbox() {
  const outbox = new Outbox(await openDatabase("tomma-driver", lay));
  await outbox.prepare();
  return outbox;
}

class Outbox extends Keeper {
  deviceId = "";

  async prepare() {
    const transaction = this.begin(["facts"]);
    const facts = transaction.objectStore("facts");
    this.deviceId = (await asPromise(facts.get("device_id"))) ?? newKey();
    facts.put(this.deviceId, "device_id");
    await finished(transaction);
    await this.forgetBefore(Date.now() - KEEP_MS);
  }

  /**
   * Keep what one tap says: all of it or nothing; it is durable when the promise resolves.
   *
   * @param {object[]} events Without key, device_id and sequence.
   * @param {object} shown What the page needs to show it again: `stop_key`, `name`, `day`.
   */
  async keep(events, shown) {
    const transaction = this.begin(["taps", "facts"]);
    const facts = transaction.objectStore("facts");
    const before = (await asPromise(facts.get("sequence"))) ?? 0;
    facts.put(before + events.length, "sequence");
    const records = events.map((event, index) => {
      const [key, sequence] = [newKey(), before + index + 1];
      return {
        ...shown, key, sequence, status: "waiting", made_ms: Date.now(), settled_ms: null, reason: "",
        event: {key, device_id: this.deviceId, sequence, ...event},
      };
    });
    try {
      for (const record of records) transaction.objectStore("taps").add(record);
    } catch (error) {
      transaction.abort();
      throw error;
    }
    await finished(transaction);
    return records;
  }

  /** Every record, in the order of the taps. */
  async all() {
    const taps = this.begin(["taps"], "readonly").objectStore("taps");
    return (await asPromise(taps.getAll())).sort((one, other) => one.sequence - other.sequence);
  }

  async waiting() {
    const taps = this.begin(["taps"], "readonly").objectStore("taps");
    const found = await asPromise(taps.index("by_status").getAll("waiting"));
    return found.sort((one, other) => one.sequence - other.sequence);
  }

  /**
   * Note what the server said about each record; one it did not answer for stays waiting.
   *
   * @param {Array<{key: string, status: string, reason?: string}>} results
   * @param {number} settledMs
   */
  async settle(results, settledMs) {
    const transaction = this.begin(["taps"]);
    const taps = transaction.objectStore("taps");
    for (const {key, status, reason} of results) {
      const record = await asPromise(taps.get(key));
      if (!record) continue;
      record.status = status === "rejected" ? "rejected" : "sent";
      record.reason = reason ?? "";
      record.settled_ms = settledMs;
      taps.put(record);
    }
    await finished(transaction);
  }

  /** Forget settled records made before `madeMs`. What still waits is never forgotten. */
  async forgetBefore(madeMs) {
    const transaction = this.begin(["taps"]);
    const taps = transaction.objectStore("taps");
    for (const record of await asPromise(taps.getAll())) {
      if (record.status !== "waiting" && record.made_ms < madeMs) taps.delete(record.key);
    }
    await finished(transaction);
  }
}
