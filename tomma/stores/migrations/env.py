"""What Alembic runs: every missing step, on the connection and in the transaction `open_database` holds."""

from alembic import context

from tomma.stores.books.tables.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite changes a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
