/** Puts the page on the phone while there is a network, for when there is none. */

/** The one script that a browser which asks for trusted types may run as our service worker. */
const WORKER = globalThis.trustedTypes?.createPolicy("service-worker", {createScriptURL: () => "/sw-install.js"}).createScriptURL("") ?? "/sw-install.js";

/** @param {(state: "kept" | "failed") => void} onState */
export async function keepPage(onState) {
  if (!("serviceWorker" in navigator) || !window.isSecureContext) return onState("failed");
  try {
    const registration = await navigator.serviceWorker.register(WORKER, {scope: "/install", updateViaCache: "none"});
    registration.waiting?.postMessage("take over"); // between two visits nothing is open that an update could break
    await navigator.serviceWorker.ready;
    onState("kept");
    await navigator.storage?.persist?.();
  } catch {
    onState(navigator.serviceWorker.controller ? "kept" : "failed");
  }
}
