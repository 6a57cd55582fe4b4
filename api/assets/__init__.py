"""The office's registry: places, bins, container types and sensors, one by one or as a spreadsheet."""
