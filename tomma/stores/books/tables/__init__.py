"""The tables of the registry database, in SQLAlchemy Core, one file per subject; all of them are in `schema`.

Bins, trucks, sensors and plans are named and not pointed to, but within the master data: what somebody did stays true
when the master data moves on. `migrations/` brings a database to this shape; a test holds the two together.
"""
