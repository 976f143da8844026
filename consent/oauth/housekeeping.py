"""Throwing away what is of no use to anybody any more. Nothing depends on when this runs, or whether.

Used codes and refresh tokens are tombstones by which a replay is known, so they stay for a while after they expire.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, and_, delete, exists, or_

from consent.oauth.models import CODES, GRANTS, REPLAYS, REQUESTS, SPENDING, TOKENS

TOMBSTONE: Final = timedelta(days=7)
"""How long what was used or has expired is still recognized."""


def purge(connection: Connection, *, now: datetime) -> int:
    """Delete what has been over for long enough; returns how many rows. The caller commits."""
    before = now - TOMBSTONE
    live = exists().where(GRANTS.c.id == CODES.c.grant_id, GRANTS.c.status == "active", GRANTS.c.expires_at > now)
    statements = (
        delete(SPENDING).where(SPENDING.c.spent_until < now.timestamp()),
        delete(REPLAYS).where(REPLAYS.c.expires_at <= now),
        delete(REQUESTS).where(REQUESTS.c.expires_at <= before),
        # A replayed code ends its tokens as long as there can be any.
        delete(CODES).where(CODES.c.expires_at <= before, ~live),
        delete(TOKENS).where(
            or_(
                TOKENS.c.expires_at <= before,
                and_(TOKENS.c.kind == "access", TOKENS.c.revoked_at <= before),
            )
        ),
    )
    return sum(connection.execute(statement).rowcount for statement in statements)
