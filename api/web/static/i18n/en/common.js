/** What every page says, in English. */
export default {
  "app.name": "tomma",
  "app.manager_title": "tomma · the city's bins",
  "app.driver_title": "tomma · driver",
  "app.skip_to_content": "Skip to content",
  "app.loading": "Loading …",
  "app.language_label": "Byt språk till svenska",
  "app.language_code": "sv",
  "app.close": "Close",
  "app.back": "Back",
  "app.could_not_load": "The server could not be asked: {detail}",
  "theme.auto": "Auto",
  "theme.day": "Day",
  "theme.night": "Night",
  "theme.sun": "Sun",
  "theme.label": "Palette: {choice}. Change",
};
