"""Every table of the registry database, and the migration that ends at them."""

from tomma.stores.books.tables import (  # noqa: F401  (read, so that `metadata` knows them all)
    alerts,
    assets,
    audit,
    city,
    counters,
    events,
    mornings,
    opendata,
    people,
    plans,
    requests,
    saving,
    tablets,
    work_orders,
    workers,
)
from tomma.stores.books.tables.columns import metadata

METADATA = metadata
"""What a database is brought to."""
REVISION = "0018"
"""The migration that ends at these tables."""
