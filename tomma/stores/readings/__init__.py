"""Readings in one SQLite file: the default `ReadingStore`."""
