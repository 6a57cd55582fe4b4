"""The map under everything: built once from an OpenStreetMap extract, served from one file.

`tomma basemap build` (`cli`) makes the tiles, `tiles` reads them, `router` serves them, SCHEMA.md says what is in them.
"""
