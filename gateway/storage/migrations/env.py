"""Alembic's environment: the tables of all packages, one history.

Runs on the connection that `gateway.storage.migrate` puts into the configuration.
"""

from __future__ import annotations

from alembic import context

from gateway.storage.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata(), render_as_batch=True, transaction_per_migration=False
)
with context.begin_transaction():
    context.run_migrations()
