/** Server-sent events that come back after a break, with growing pauses. */

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Listen until the returned function is called.
 *
 * The browser retries by itself after a dropped line, but gives up for good on any answer other than 200
 * (a proxy's 502 while the server restarts); then a new source is opened here.
 *
 * @param {string} path
 * @param {Record<string, (data: any) => void>} handlers By event name.
 * @param {(connected: boolean) => void} [onState]
 * @returns {() => void}
 */
export function listen(path, handlers, onState = () => {}) {
  let source = null;
  let timer = 0;
  let pauseMs = FIRST_PAUSE_MS;
  let ended = false;

  function open() {
    source = new EventSource(path);
    source.onopen = () => {
      pauseMs = FIRST_PAUSE_MS;
      onState(true);
    };
    source.onerror = () => {
      onState(false);
      if (source.readyState !== EventSource.CLOSED || ended) return;
      // Jitter: a fleet must not return as one.
      timer = setTimeout(open, pauseMs * (0.5 + Math.random() / 2));
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    };
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (message) => handle(JSON.parse(message.data)));
    }
  }

  open();
  return () => {
    ended = true;
    clearTimeout(timer);
    source.close();
  };
}
