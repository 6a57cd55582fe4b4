"""The audit log: a chain of records, and what was begun and is not on record yet."""
