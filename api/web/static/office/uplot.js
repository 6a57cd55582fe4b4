/** The chart library and its sheet, fetched when the first chart is wanted. */
const FOLDER = new URL("../vendor/uplot-1.6.32/", import.meta.url);

let library = null;

/** @returns {Promise<Function>} uPlot's constructor. */
export function loadLibrary() {
  library ??= new Promise((resolve, reject) => {
    const sheet = Object.assign(document.createElement("link"), {
      rel: "stylesheet", href: new URL("uPlot.min.css", FOLDER).href,
    });
    sheet.onload = () => import("../vendor/uplot-1.6.32/uPlot.esm.js").then((module) => resolve(module.default), reject);
    sheet.onerror = () => reject(new Error("uPlot.min.css"));
    document.head.append(sheet);
  });
  return library;
}
