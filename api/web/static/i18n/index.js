/** Words. One file per language, the same keys in each; a further language is one more file and one more line here. */
const FILES = {sv: () => import("./sv.js"), en: () => import("./en.js")};
export const LANGUAGES = Object.keys(FILES);
const loaded = {};
const KEPT = "tomma.language";

/** Fetch a language's words; afterwards `translator` knows them. Only the one in use crosses the network. */
export async function loadLanguage(language) {
  loaded[language] ??= (await FILES[language]()).default;
  return loaded[language];
}

/** The language asked for before, else the browser's, else English. */
export function initialLanguage() {
  let kept = null;
  try {
    kept = localStorage.getItem(KEPT);
  } catch {
    // No storage: the browser's language it is.
  }
  if (LANGUAGES.includes(kept)) return kept;
  const spoken = (navigator.languages ?? [navigator.language]).map((tag) => tag.slice(0, 2).toLowerCase());
  return spoken.find((tag) => LANGUAGES.includes(tag)) ?? "en";
}

export function keepLanguage(language) {
  try {
    localStorage.setItem(KEPT, language);
  } catch {
    // Then it holds for this visit.
  }
}

/**
 * Return the function of a loaded language that looks words up: `t("stops", {n: 3})`.
 *
 * `{name}` in a text is replaced by `values.name`. A text may be `{one, other}`: then `values.n` picks by the plural
 * rule of the language. A missing key is a fault of ours and shows as itself.
 */
export function translator(language) {
  const words = loaded[language];
  const plural = new Intl.PluralRules(language);
  return (key, values = {}) => {
    const found = words[key];
    if (found === undefined) return key;
    const text = typeof found === "string" ? found : (found[plural.select(Number(values.n))] ?? found.other);
    return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
  };
}
