/** What every component of a page may ask for: words, formats, the city. */
import {createContext, useContext} from "./html.js";

export const Words = createContext(null);

/** @returns {{t: Function, format: object, language: string, city: object}} */
export const useWords = () => useContext(Words);

/** The waste stream's name in the language of the page; its code when the city does not know it. */
export function fractionName(city, code, language) {
  const found = city?.fractions.find((each) => each.code === code);
  if (!found) return code ?? "";
  return language === "sv" ? found.name_sv : found.name_en;
}
