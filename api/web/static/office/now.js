/** The city's time, on a page that stays open. */
import {nowMs} from "../lib/clock.js";
import {useEffect, useState} from "../lib/html.js";

const TICK_MS = 1_000;

/** @returns {number} The moment in milliseconds, drawn anew each second. */
export function useNow() {
  const [now, setNow] = useState(nowMs);
  useEffect(() => {
    const timer = setInterval(() => setNow(nowMs()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}
