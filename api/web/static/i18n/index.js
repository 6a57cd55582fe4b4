/**
 * Words. One folder per language with the same files, and the same keys in each; a further language is one more folder
 * and its name here. A page names the files it needs in its shell: `<html data-words="common driver">`.
 */
import {recalled, remember} from "../lib/memory.js";

export const LANGUAGES = ["sv", "en"];
const loaded = {};
const KEPT = "tomma.language";

const ofThisPage = () => document.documentElement.dataset.words.split(" ");

/** Fetch a language's words; afterwards `translator` knows them. Only what the page needs crosses the network. */
export async function loadLanguage(language, parts = ofThisPage()) {
  const files = await Promise.all(parts.map((part) => import(`./${language}/${part}.js`)));
  loaded[language] = Object.assign(loaded[language] ?? {}, ...files.map((file) => file.default));
  return loaded[language];
}

/** The language asked for before, else the browser's, else English. */
export function initialLanguage() {
  const kept = recalled(KEPT);
  if (LANGUAGES.includes(kept)) return kept;
  const spoken = (navigator.languages ?? [navigator.language]).map((tag) => tag.slice(0, 2).toLowerCase());
  return spoken.find((tag) => LANGUAGES.includes(tag)) ?? "en";
}

export const keepLanguage = (language) => remember(KEPT, language);

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
