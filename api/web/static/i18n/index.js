/** Words. One file per language, the same keys in each; a further language is one more file and one more line here. */
import en from "./en.js";
import sv from "./sv.js";

export const LANGUAGES = {sv, en};
const KEPT = "tomma.language";

/** The language asked for before, else the browser's, else English. */
export function initialLanguage() {
  let kept = null;
  try {
    kept = localStorage.getItem(KEPT);
  } catch {
    // No storage: the browser's language it is.
  }
  if (kept in LANGUAGES) return kept;
  const spoken = (navigator.languages ?? [navigator.language]).map((tag) => tag.slice(0, 2).toLowerCase());
  return spoken.find((tag) => tag in LANGUAGES) ?? "en";
}

export function keepLanguage(language) {
  try {
    localStorage.setItem(KEPT, language);
  } catch {
    // Then it holds for this visit.
  }
}

/**
 * Return the function that looks words up: `t("stops", {n: 3})`.
 *
 * `{name}` in a text is replaced by `values.name`. A text may be `{one, other}`: then `values.n` picks by the plural
 * rule of the language. A missing key is a fault of ours and shows as itself.
 */
export function translator(language) {
  const words = LANGUAGES[language];
  const plural = new Intl.PluralRules(language);
  return (key, values = {}) => {
    const found = words[key];
    if (found === undefined) return key;
    const text = typeof found === "string" ? found : (found[plural.select(Number(values.n))] ?? found.other);
    return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
  };
}
