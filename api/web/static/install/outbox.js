/**
 * What the installer did, kept on the phone before anything else happens to it, with the photos that belong to it.
 *
 * Everything is written with strict durability in one transaction: after a dead battery it is wholly there, or was never
 * shown as done. The key is made here, once; the server does each key once, however often it comes.
 */
import {Keeper, asPromise, finished, openDatabase} from "../lib/database.js";

const KEEP_MS = 14 * 86_400_000;

function lay(database) {
  database.createObjectStore("acts", {keyPath: "key"});
  database.createObjectStore("photos", {keyPath: "key"});
  database.createObjectStore("facts");
}

/** A page of before told a refusal as the server's own sentence alone. Such an act stays until somebody has read it. */
const asOfNow = ({reason, ...act}) => (reason ? {...act, refusal: {status: 422, problem: {detail: reason}}} : act);

/** @returns {Promise<Outbox>} Rejects when the browser keeps nothing: then nothing may be begun. */
export async function openOutbox() {
  const outbox = new Outbox(await openDatabase("tomma-install", lay));
  await outbox.forgetBefore(Date.now() - KEEP_MS);
  return outbox;
}

class Outbox extends Keeper {
  /** @param {object} body As the server takes it. @param {{key: string, blob: Blob, taken_utc: string}[]} photos */
  async keep(body, photos) {
    const transaction = this.begin(["acts", "photos"]);
    transaction.objectStore("acts").add({key: body.key, body, status: "waiting", refusal: null, made_ms: Date.now()});
    for (const photo of photos) transaction.objectStore("photos").add({...photo, act_key: body.key, bin_id: body.bin_id});
    await finished(transaction);
  }

  /** Every act, the newest first. */
  async all() {
    const acts = await asPromise(this.begin(["acts"], "readonly").objectStore("acts").getAll());
    return acts.map(asOfNow).sort((one, other) => other.made_ms - one.made_ms);
  }

  async waiting() {
    return (await this.all()).filter((act) => act.status === "waiting").reverse();
  }

  async photosOf(actKey) {
    const photos = await asPromise(this.begin(["photos"], "readonly").objectStore("photos").getAll());
    return photos.filter((photo) => photo.act_key === actKey);
  }

  async forgetPhoto(key) {
    const transaction = this.begin(["photos"]);
    transaction.objectStore("photos").delete(key);
    await finished(transaction);
  }

  /** Note what the server said: "done" or "refused", and why. What was refused keeps that until it is put away. */
  async settle(key, status, refusal = null) {
    const transaction = this.begin(["acts"]);
    const acts = transaction.objectStore("acts");
    const act = await asPromise(acts.get(key));
    if (act) acts.put({...act, status, refusal});
    await finished(transaction);
  }

  async putAway(key) {
    const transaction = this.begin(["acts", "photos"]);
    transaction.objectStore("acts").delete(key);
    const photos = transaction.objectStore("photos");
    for (const photo of await asPromise(photos.getAll())) if (photo.act_key === key) photos.delete(photo.key);
    await finished(transaction);
  }

  /** Forget what is done since long. What waits, or was refused and not yet read, stays. */
  async forgetBefore(madeMs) {
    for (const act of await this.all()) if (act.status === "done" && act.made_ms < madeMs) await this.putAway(act.key);
  }
}
