"""Throwing away what signing in leaves behind. Nothing depends on when this runs, or whether."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, or_

from consent.signin.models import ATTEMPTS, SESSIONS, STATES
from consent.signin.throttle import WINDOW

KEPT: Final = timedelta(days=1)
"""How long an ended session is kept, for whoever looks into what happened."""


def purge(connection: Connection, *, now: datetime) -> int:
    """Delete ended sessions, old tries and forgotten states; returns how many rows. The caller commits."""
    before = now - KEPT
    statements = (
        delete(STATES).where(STATES.c.expires_at <= now),
        delete(ATTEMPTS).where(ATTEMPTS.c.at <= now - WINDOW),
        delete(SESSIONS).where(
            or_(
                SESSIONS.c.absolute_expires_at <= before,
                SESSIONS.c.idle_expires_at <= before,
                SESSIONS.c.revoked_at <= before,
            )
        ),
    )
    return sum(connection.execute(statement).rowcount for statement in statements)
