"""A plan as files: PDF for paper, GPX for navigators, CSV for spreadsheets, GeoJSON for maps."""
