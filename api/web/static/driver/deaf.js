/**
 * A double tap with a glove is one tap: its second half must not fall on what came up beneath the finger.
 *
 * Whoever imports this has the whole page so: no click gets through that follows another at the same place at once.
 * Zooming, writing (on the keypad too), the switches of the top bar and the keyboard are free.
 */

// A double tap with a glove on lasts up to half a second.
export const DEAF_MS = 700;
const NEAR_PX = 60;
const FREE = ".map-box, .keypad, .bar-button, input, select, label";

let last = {timeStamp: Number.NEGATIVE_INFINITY};

document.addEventListener("click", (event) => {
  const {timeStamp, clientX, clientY, detail, target} = event;
  // detail 0: a key, not a finger.
  if (!detail || target.closest?.(FREE)) return;
  const isNear = Math.hypot(clientX - last.clientX, clientY - last.clientY) < NEAR_PX;
  if (isNear && timeStamp - last.timeStamp < DEAF_MS) {
    event.preventDefault();
    event.stopPropagation();
  } else {
    last = {timeStamp, clientX, clientY};
  }
}, true);
