/** What every page says, in Swedish. */
export default {
  "app.name": "tomma",
  "app.manager_title": "tomma · stadens kärl",
  "app.driver_title": "tomma · förare",
  "app.skip_to_content": "Hoppa till innehållet",
  "app.loading": "Hämtar …",
  "app.language_label": "Switch to English",
  "app.language_code": "en",
  "app.close": "Stäng",
  "app.back": "Tillbaka",
  "app.could_not_load": "Servern svarade inte som den skulle: {detail}",
  "theme.auto": "Auto",
  "theme.day": "Dag",
  "theme.night": "Natt",
  "theme.sun": "Sol",
  "theme.label": "Färger: {choice}. Byt",
};
