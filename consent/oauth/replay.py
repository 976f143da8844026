"""Things that may be used once, by all processes together: one insert decides."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from consent.oauth.models import REPLAYS


def use_once(connection: Connection, *parts: str, until: datetime) -> bool:
    """Remember `parts` until they would be refused anyway. False when they had been used before."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    key = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
    statement = insert(REPLAYS).values(key_hash=key, expires_at=until).on_conflict_do_nothing()
    return connection.execute(statement.returning(REPLAYS.c.key_hash)).first() is not None
