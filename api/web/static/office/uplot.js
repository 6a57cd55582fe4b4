/** The chart library and its sheet, fetched when the first chart is wanted; and a chart that keeps up with its page. */
import {useEffect, useRef} from "../lib/html.js";
import {watchTheme} from "../lib/theme.js";

const FOLDER = new URL("../vendor/uplot-1.6.32/", import.meta.url);

let library = null;

/** @returns {Promise<Function>} uPlot's constructor. */
function loadLibrary() {
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

/**
 * Draw; draw again when what it depends on, the palette or the width changes.
 *
 * @param {(uPlot: Function, width: number, token: (name: string) => string) => [object, object[]]} make The chart's
 *   options, with its height, and its data.
 * @param {unknown[]} depends As of an effect.
 * @returns A reference for the box that holds it. A chart that cannot be drawn leaves it empty: a table tells the same.
 */
export function useChart(make, depends) {
  const box = useRef(null);
  useEffect(() => {
    let chart = null;
    let gone = false;
    const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    const draw = async () => {
      const uPlot = await loadLibrary();
      if (gone || !box.current) return;
      chart?.destroy();
      chart = new uPlot(...make(uPlot, box.current.clientWidth, token), box.current);
    };
    draw().catch(() => {});
    const unwatch = watchTheme(draw);
    const resized = new ResizeObserver(([entry]) => chart
      && chart.width !== Math.floor(entry.contentRect.width)
      && chart.setSize({width: Math.floor(entry.contentRect.width), height: chart.height}));
    resized.observe(box.current);
    return () => {
      gone = true;
      unwatch();
      resized.disconnect();
      chart?.destroy();
    };
  }, depends);
  return box;
}
