/**
 * When to send what waits on the device: now, after each sign that the network is back, and again and again.
 *
 * The network's own opinion (`navigator.onLine`) only wakes it up; what counts is whether the server answered.
 */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * @param {string} lock Two tabs on one device take turns where the browser knows locks; where not, the server's keys
 *   keep it single.
 * @param {() => Promise<void>} drain One round: it returns when nothing waits any more.
 * @param {(error: Error) => void} onFault The round ended early; the next one comes by itself.
 */
export function createRounds(lock, drain, onFault) {
  let running = null;
  let again = false;
  let timer = 0;
  let pauseMs = FIRST_PAUSE_MS;

  const inTurn = () => (navigator.locks ? navigator.locks.request(lock, drain) : drain());

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
    running = inTurn().then(() => {
      pauseMs = FIRST_PAUSE_MS;
    }, (error) => {
      onFault(error);
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
  return {flush, wake};
}

/** Our server's own word, by one of these answers, that it will never take this. A proxy's answer may be better later. */
export const isFinal = ({status, problem}, statuses) =>
  statuses.includes(status) && problem?.type?.startsWith("urn:tomma:problem:");
