"""Alembic's environment: the tables of all packages, one history.

Runs on the connection that `gateway.storage.migrate` puts into the configuration.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context
from sqlmodel import AutoString

from gateway.storage.tables import metadata


def render_item(kind: str, item: Any, _: Any) -> Any:
    """Write our column types as the plain ones that they are in the database."""
    if kind != "type":
        return False
    match item:
        case sa.types.TypeDecorator() if isinstance(item.impl, sa.DateTime):
            return "sa.DateTime(timezone=True)"
        case AutoString():
            return f"sa.String({item.length or ''})"
        case sa.BigInteger() if item._variant_mapping:
            return 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")'
        case _:
            return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata(), render_as_batch=True, render_item=render_item, compare_type=False
)
with context.begin_transaction():
    context.run_migrations()
