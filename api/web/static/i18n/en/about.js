/** Version, licences and parts, in English. */
export default {
  "about.title": "About tomma",
  "about.heading": "About tomma",
  "about.version": "Version",
  "about.licence": "Licence",
  "about.python": "Python",
  "about.bill": "Bill of materials (CycloneDX)",
  "about.bill_words": "What is listed below, as a file for a scanner that looks up known weaknesses.",
  "about.name": "Name",
  "about.purpose": "Needed to",
  "about.runs": "run",
  "about.builds": "build",
  "about.kind.browser": "In the pages",
  "about.kind.python": "In the server",
  "about.kind.other": "Fonts and maps",
};
