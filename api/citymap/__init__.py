"""The whole city in columns: what a map of eleven thousand bins loads at once, and the table beside it."""
