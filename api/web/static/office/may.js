/** What the person at the screen may do, as the shell tells it: `<html data-pages="/ /alerts" data-may="plans alerts">`. */
const told = (name) => new Set((document.documentElement.dataset[name] ?? "").split(" "));
const [pages, acts] = [told("pages"), told("may")];

/** Whether the server has the page, and opens it for this person. */
export const mayOpen = (path) => pages.has(path);

/**
 * A courtesy: what would only be refused is not offered. The server refuses all the same.
 *
 * @param {string} act One of those that `api/pages/acts.py` names.
 */
export const may = (act) => acts.has(act);
