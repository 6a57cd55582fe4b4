"""The registry database: one file per port of `tomma.ports` and its kin, on SQLite or PostgreSQL."""
