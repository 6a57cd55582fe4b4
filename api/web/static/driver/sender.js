/**
 * Brings the outbox to the server: in order, in batches, again and again until each tap has an answer.
 *
 * The network's own opinion (`navigator.onLine`) only wakes it up; what counts is whether the server answered.
 */
import {ApiError, sendEvents} from "../lib/api.js";
import {nowUtc} from "../lib/clock.js";

const BATCH = 50;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const OURS = "urn:tomma:problem:";
/** Our server's own word that it can never take this body. A proxy's 400, or any other answer, may be better in a while. */
const isHopeless = ({status, problem}) => [400, 413, 422].includes(status) && problem?.type?.startsWith(OURS);

/**
 * @param {object} outbox
 * @param {(state: {online?: boolean, sending: number}) => void} onState
 * @param {() => void} onSettled After records changed.
 * @param {(body: object) => Promise<any>} [post]
 */
export function createSender(outbox, onState, onSettled, post = sendEvents) {
  let running = null;
  let again = false;
  let timer = 0;
  let pauseMs = FIRST_PAUSE_MS;

  async function deliver(records) {
    const body = {events: records.map((record) => record.event), sent_utc: nowUtc()};
    try {
      const {results} = await post(body);
      if (!results.some(({key}) => records.some((record) => record.key === key))) throw new Error("no answer to any tap");
      await outbox.settle(results, Date.now());
    } catch (error) {
      if (!(error instanceof ApiError) || !isHopeless(error)) throw error;
      await divide(records, error);
    }
  }

  /** One event the server cannot read must not hold back the others: find it by halving. */
  async function divide(records, error) {
    if (records.length === 1) {
      await outbox.settle([{key: records[0].key, status: "rejected", reason: error.message}], Date.now());
      return;
    }
    const half = Math.ceil(records.length / 2);
    await deliver(records.slice(0, half));
    await deliver(records.slice(half));
  }

  async function drain() {
    for (;;) {
      const waiting = await outbox.waiting();
      if (!waiting.length) break;
      onState({sending: waiting.length});
      await deliver(waiting.slice(0, BATCH));
      await onSettled();
    }
    await onSettled(); // another tab may have sent what this one still shows as waiting
    pauseMs = FIRST_PAUSE_MS;
    onState({online: true, sending: 0});
  }

  /** Two tabs on one tablet take turns where the browser knows locks; where not, the server's keys keep it single. */
  const inTurn = (work) => (navigator.locks ? navigator.locks.request("tomma-outbox", work) : work());

  function retryLater() {
    clearTimeout(timer);
    timer = setTimeout(flush, pauseMs * (0.5 + Math.random() / 2));
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }

  /** Send what waits, now. Calls while it is running lead to one more round. */
  function flush() {
    if (running) {
      again = true;
      return running;
    }
    clearTimeout(timer);
    running = inTurn(drain).catch(() => {
      onState({online: false, sending: 0});
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

  function wake() {
    pauseMs = FIRST_PAUSE_MS;
    flush();
  }
  addEventListener("online", wake);
  addEventListener("focus", wake);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && wake());
  return {flush};
}
