/** What the device can do and what the person wants, asked before the large map library is fetched. */

let able = null;

/** Whether the device can draw a map at all. Asked once: each try costs one of the few drawing contexts. */
export function canDrawMaps() {
  if (able !== null) return able;
  try {
    const context = document.createElement("canvas").getContext("webgl2");
    able = Boolean(context);
    context?.getExtension("WEBGL_lose_context")?.loseContext();
  } catch {
    able = false;
  }
  return able;
}

export const wantsStillness = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
