"""The plan of every morning: when it is made, for which areas, and what became of it."""
