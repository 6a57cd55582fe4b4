/** The two switches both pages have: the palette and the language. */
import {html, useEffect, useState} from "./html.js";
import {Icon} from "./icons.js";
import {useWords} from "./context.js";
import {CHOICES, chooseTheme, themeChoice, watchTheme} from "./theme.js";

const PICTURE = {auto: "auto", day: "day", night: "moon", sun: "sun"};

export function ThemeSwitch() {
  const {t} = useWords();
  const [choice, setChoice] = useState(themeChoice());
  useEffect(() => watchTheme(() => setChoice(themeChoice())), []);
  const turn = () => {
    const next = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length];
    chooseTheme(next);
    setChoice(next);
  };
  const word = t(`theme.${choice}`);
  return html`<button type="button" class="bar-button" onClick=${turn} aria-label=${t("theme.label", {choice: word})}>
    <${Icon} name=${PICTURE[choice]} size=${20} /><span>${word}</span></button>`;
}

export function LanguageSwitch({onLanguage}) {
  const {t} = useWords();
  const other = t("app.language_code");
  return html`<button type="button" class="bar-button" lang=${other} onClick=${() => onLanguage(other)}
    aria-label=${t("app.language_label")}><span>${other.toUpperCase()}</span></button>`;
}
