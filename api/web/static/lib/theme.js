/**
 * Day or night by itself, or as the person chose. The choice is kept on the device.
 *
 * A page names the palettes it has: `<html data-themes="day night sun">`. Only the tablet has one for direct sun.
 */
import {recalled, remember} from "./memory.js";

const KEPT = "tomma.theme";
const {themes = "day night"} = document.documentElement.dataset;
export const CHOICES = ["auto", ...themes.split(" ")];

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const kept = recalled(KEPT);
let choice = CHOICES.includes(kept) ? kept : "auto";
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
  remember(KEPT, next);
  refreshTheme();
}

/** @param {(theme: string) => void} told @returns {() => void} ends the watching */
export function watchTheme(told) {
  watchers.add(told);
  return () => watchers.delete(told);
}

prefersDark.addEventListener("change", refreshTheme);
refreshTheme();
