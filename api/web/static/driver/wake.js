/** Keeps the screen lit while the page is looked at, where the browser allows (secure pages only). */
export function keepAwake() {
  if (!navigator.wakeLock) return;
  const ask = () => document.visibilityState === "visible" && navigator.wakeLock.request("screen").catch(() => {});
  document.addEventListener("visibilitychange", ask);
  ask();
}
