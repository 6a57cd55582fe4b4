/** Version, licenser och delar, på svenska. */
export default {
  "about.title": "Om tomma",
  "about.heading": "Om tomma",
  "about.version": "Version",
  "about.licence": "Licens",
  "about.python": "Python",
  "about.bill": "Innehållsförteckning (CycloneDX)",
  "about.bill_words": "Det som står nedan, som en fil för verktyg som letar efter kända svagheter.",
  "about.name": "Namn",
  "about.purpose": "Behövs för att",
  "about.runs": "köra",
  "about.builds": "bygga",
  "about.kind.browser": "På sidorna",
  "about.kind.python": "I servern",
  "about.kind.other": "Typsnitt och kartor",
};
