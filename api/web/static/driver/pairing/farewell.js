/** What a tablet shows once it has forgotten everything: why, and the way back. Asks the server nothing. */
import {useWords} from "../../lib/context.js";
import {html} from "../../lib/html.js";
import {Page, mount} from "../../lib/page.js";
import {LanguageSwitch, ThemeSwitch} from "../../lib/switches.js";
import {loadPairingWords} from "./words.js";

function pairAgain() {
  location.hash = "pair=";
  location.reload();
}

function Farewell({why, onLanguage}) {
  const {t} = useWords();
  return html`<div class="driver">
    <header class="bar"><h1 class="brand">${t("app.name")}</h1><span class="spring"></span>
      <${LanguageSwitch} onLanguage=${onLanguage} /><${ThemeSwitch} /></header>
    <main class="choice farewell" id="content"><h2>${t(`farewell.${why}`)}</h2>
      <p role="status">${t("pairing.forgotten")}</p>
      <button type="button" class="tile" onClick=${pairAgain}>${t("pairing.again")}</button></main>
  </div>`;
}

export async function sayFarewell(why) {
  await loadPairingWords();
  mount(html`<${Page} city=${null} titleKey="app.driver_title"
    view=${(onLanguage) => html`<${Farewell} why=${why} onLanguage=${onLanguage} />`} />`);
}
