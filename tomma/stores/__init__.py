"""Adapters that keep the ports of `tomma.ports`: SQLite for readings, SQLAlchemy for master data, plans and events."""
