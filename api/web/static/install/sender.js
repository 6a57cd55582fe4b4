/** Brings the outbox to the server, photos before the act they belong to, again and again until each has an answer. */
import {ApiError, ask} from "../lib/api.js";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const PHOTO_MS = 60_000;
const OURS = "urn:tomma:problem:";
/** Our server's own word that it will never do this as it is. Not signed in, too busy, or a proxy's answer: later. */
const isRefused = ({status, problem}) => [400, 404, 409, 413, 415, 422].includes(status) && problem?.type?.startsWith(OURS);

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
  let running = null;
  let again = false;
  let timer = 0;
  let pauseMs = FIRST_PAUSE_MS;

  /** A photo that cannot be taken must not keep the sensor from being hung: it is told beside it. */
  async function deliver(act) {
    let reason = "";
    for (const photo of await outbox.photosOf(act.key)) {
      try {
        await putPhoto(photo);
      } catch (error) {
        if (!isRefused(error)) throw error;
        reason = error.message;
      }
    }
    try {
      await ask("/installations", {method: "POST", body: act.body});
    } catch (error) {
      if (!isRefused(error)) throw error;
      await outbox.settle(act.key, "refused", error.message);
      return;
    }
    await outbox.settle(act.key, "done", reason);
    for (const photo of await outbox.photosOf(act.key)) await outbox.forgetPhoto(photo.key);
  }

  async function drain() {
    for (const act of await outbox.waiting()) {
      onState({sending: 1});
      await deliver(act);
      await onSettled();
    }
    pauseMs = FIRST_PAUSE_MS;
    onState({online: true, signedOut: false, sending: 0});
  }

  /** Two windows on one phone take turns where the browser knows locks; where not, the server's keys keep it single. */
  const inTurn = (work) => (navigator.locks ? navigator.locks.request("tomma-install", work) : work());

  function retryLater() {
    clearTimeout(timer);
    timer = setTimeout(flush, pauseMs * (0.5 + Math.random() / 2));
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }

  function flush() {
    if (running) {
      again = true;
      return running;
    }
    clearTimeout(timer);
    running = inTurn(drain).catch((error) => {
      onState({online: error.status > 0, signedOut: [401, 403].includes(error.status), sending: 0});
      retryLater();
    }).finally(() => {
      running = null;
      if (again) {
        again = false;
        flush();
      }
    });
    return running;
  }

  const wake = () => {
    pauseMs = FIRST_PAUSE_MS;
    flush();
  };
  addEventListener("online", wake);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && wake());
  return {flush: wake};
}
