/**
 * Day or night by itself, or as the person chose. The choice is kept on the device.
 *
 * A page names the palettes it has: `<html data-themes="day night sun">`. Only the tablet has one for direct sun.
 */

const KEPT = "tomma.theme";
const {themes = "day night"} = document.documentElement.dataset;
export const CHOICES = ["auto", ...themes.split(" ")];

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
let choice = "auto";
try {
  const kept = localStorage.getItem(KEPT);
  if (CHOICES.includes(kept)) choice = kept;
} catch {
  // No storage: every visit begins with auto.
}
let isDark = () => prefersDark.matches;
const watchers = new Set();

/** What the page shows now: "day", "night" or "sun". */
export const currentTheme = () => (choice === "auto" ? (isDark() ? "night" : "day") : choice);
export const themeChoice = () => choice;

/** Show the right palette; tell the watchers when it changed. */
export function refreshTheme() {
  const theme = currentTheme();
  if (document.documentElement.dataset.theme === theme) return;
  document.documentElement.dataset.theme = theme;
  for (const told of watchers) told(theme);
}

/** Let `auto` follow another rule than the device's setting, such as the sun. */
export function followRule(rule) {
  isDark = () => prefersDark.matches || rule();
  refreshTheme();
}

export function chooseTheme(next) {
  choice = next;
  try {
    localStorage.setItem(KEPT, next);
  } catch {
    // Then it holds for this visit.
  }
  refreshTheme();
}

/** @param {(theme: string) => void} told @returns {() => void} ends the watching */
export function watchTheme(told) {
  watchers.add(told);
  return () => watchers.delete(told);
}

prefersDark.addEventListener("change", refreshTheme);
refreshTheme();
