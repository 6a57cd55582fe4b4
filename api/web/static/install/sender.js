/** Brings the outbox to the server, photos before the act they belong to, again and again until each has an answer. */
import {ApiError, ask} from "../lib/api.js";
import {createRounds, isFinal} from "../lib/rounds.js";

const PHOTO_MS = 60_000;
/** Not signed in, or too busy, is no refusal: later. */
const REFUSED = [400, 404, 409, 413, 415, 422];

/** What the phone keeps of a refusal, to tell it in the language of whoever reads it. */
const refusalOf = ({status, problem}) => ({status, problem});

async function putPhoto({key, bin_id: binId, taken_utc: takenUtc, blob}) {
  const query = new URLSearchParams({bin_id: binId, taken_utc: takenUtc});
  let answer;
  try {
    answer = await fetch(`/api/v1/installations/photos/${key}?${query}`, {
      method: "PUT", body: blob, headers: {"content-type": "image/jpeg"}, signal: AbortSignal.timeout(PHOTO_MS),
    });
  } catch (error) {
    throw new ApiError(0, {detail: String(error?.message ?? error)}, "photo");
  }
  if (!answer.ok) throw new ApiError(answer.status, await answer.json().catch(() => null), "photo");
}

/**
 * @param {object} outbox
 * @param {(state: {online?: boolean, signedOut?: boolean, sending?: number}) => void} onState
 * @param {() => Promise<void>} onSettled
 */
export function createSender(outbox, onState, onSettled) {
  /** A photo that cannot be taken must not keep the sensor from being hung: it is told beside it. */
  async function deliver(act) {
    let refusal = null;
    for (const photo of await outbox.photosOf(act.key)) {
      try {
        await putPhoto(photo);
      } catch (error) {
        if (!isFinal(error, REFUSED)) throw error;
        refusal = refusalOf(error);
      }
    }
    try {
      await ask("/installations", {method: "POST", body: act.body});
    } catch (error) {
      if (!isFinal(error, REFUSED)) throw error;
      await outbox.settle(act.key, "refused", refusalOf(error));
      return;
    }
    await outbox.settle(act.key, "done", refusal);
    for (const photo of await outbox.photosOf(act.key)) await outbox.forgetPhoto(photo.key);
  }

  async function drain() {
    for (const act of await outbox.waiting()) {
      onState({sending: 1});
      await deliver(act);
      await onSettled();
    }
    onState({online: true, signedOut: false, sending: 0});
  }

  return createRounds("tomma-install", drain, (error) =>
    onState({online: error.status > 0, signedOut: [401, 403].includes(error.status), sending: 0}));
}
