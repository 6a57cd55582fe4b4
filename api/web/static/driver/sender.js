/** Brings the outbox to the server: in order, in batches, again and again until each tap has an answer. */
import {ApiError, sendEvents} from "../lib/api.js";
import {nowUtc} from "../lib/clock.js";
import {createRounds, isFinal} from "../lib/rounds.js";

const BATCH = 50;
const HOPELESS = [400, 413, 422];

/**
 * @param {object} outbox
 * @param {(state: {online?: boolean, sending: number}) => void} onState
 * @param {() => void} onSettled After records changed.
 * @param {(body: object) => Promise<any>} [post]
 */
export function createSender(outbox, onState, onSettled, post = sendEvents) {
  async function deliver(records) {
    const body = {events: records.map((record) => record.event), sent_utc: nowUtc()};
    try {
      const {results} = await post(body);
      if (!results.some(({key}) => records.some((record) => record.key === key))) throw new Error("no answer to any tap");
      await outbox.settle(results, Date.now());
    } catch (error) {
      if (!(error instanceof ApiError) || !isFinal(error, HOPELESS)) throw error;
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
    // Another tab may have sent what this one still shows as waiting.
    await onSettled();
    onState({online: true, sending: 0});
  }

  return createRounds("tomma-outbox", drain, () => onState({online: false, sending: 0}));
}
