/** A style sheet that only a part of the page needs, fetched when that part is. */

/** @param {string} href @returns {Promise<void>} Resolves when it is there, or will not come. */
export function loadSheet(href) {
  const address = new URL(href, location.href).href;
  if ([...document.styleSheets].some((sheet) => sheet.href === address)) return Promise.resolve();
  return new Promise((resolve) => {
    const sheet = Object.assign(document.createElement("link"), {rel: "stylesheet", href: address});
    sheet.onload = sheet.onerror = resolve;
    document.head.append(sheet);
  });
}
