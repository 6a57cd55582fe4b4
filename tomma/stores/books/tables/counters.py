"""The table of numbers that only grow."""

import sqlalchemy as sa

from tomma.stores.books.tables.columns import key, metadata, whole

counter = sa.Table("counter", metadata, key("name"), whole("value"))
"""Numbers that only grow. Raising one takes its row lock, so writers of one kind queue up and commit in order."""
