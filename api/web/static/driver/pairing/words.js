/** Words and looks of what is seen before the first day and after the last one, in every language at once. */
import {LANGUAGES, loadLanguage} from "../../i18n/index.js";
import {loadSheet} from "../../lib/sheet.js";

export const loadPairingWords = () => Promise.all([
  ...LANGUAGES.map((language) => loadLanguage(language, ["pairing"])), loadSheet("/static/css/driver-pairing.css"),
]);
