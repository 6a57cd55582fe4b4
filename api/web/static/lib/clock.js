/**
 * The server's clock, as this page sees it.
 *
 * A demo runs a day in minutes: its clock is `factor` times as fast as the wall's. A tablet's own clock may be wrong.
 * So the page asks once what time it is and counts on from there, by the monotonic clock while it lives and by the
 * wall clock over a reload without network.
 */
import {recalledJson, remember} from "./memory.js";

const KEPT = "tomma.clock";

/** @param {{serverMs: number, wallMs: number, factor: number}} anchor @param {number} wallMs @returns {number} */
export function serverMsAt(anchor, wallMs) {
  return anchor.serverMs + (wallMs - anchor.wallMs) * anchor.factor;
}

const monotonicWallMs = () => performance.timeOrigin + performance.now();

const kept = recalledJson(KEPT);
const isWhole = Number.isFinite(kept?.serverMs + kept?.wallMs + kept?.factor);
let anchor = isWhole ? kept : {serverMs: Date.now(), wallMs: monotonicWallMs(), factor: 1};

/** Take over the server's answer. `askedWallMs` is when it was asked: half of the way there and back is added. */
export function syncClock({now_utc: nowUtc, factor}, askedWallMs = monotonicWallMs()) {
  const wallMs = (askedWallMs + monotonicWallMs()) / 2;
  anchor = {serverMs: Date.parse(nowUtc), wallMs, factor: factor ?? 1};
  remember(KEPT, JSON.stringify(anchor));
}

export const wallMs = monotonicWallMs;
export const nowMs = () => serverMsAt(anchor, monotonicWallMs());
export const nowUtc = () => new Date(nowMs()).toISOString();
export const clockFactor = () => anchor.factor;
