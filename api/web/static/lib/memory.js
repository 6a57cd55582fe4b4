/** Small things a page remembers from visit to visit. Where the browser keeps nothing, they hold for this visit. */

/** @param {string} name @returns {string | null} */
export function recalled(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** The same for what was remembered with `JSON.stringify`; null also when it cannot be read. */
export function recalledJson(name) {
  try {
    return JSON.parse(recalled(name));
  } catch {
    return null;
  }
}

/** @param {string} name @param {string | null} text Null forgets it. */
export function remember(name, text) {
  try {
    if (text === null) localStorage.removeItem(name);
    else localStorage.setItem(name, text);
  } catch {
    // Private mode, or full.
  }
}
