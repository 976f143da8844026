"""Throwing away what is of no use at the console any more. Nothing depends on when this runs, or whether."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, or_

from consent.console.models import INVITATIONS
from consent.oauth.models import REGISTRATION_TOKENS

KEPT: Final = timedelta(days=30)
"""How long ended invitations and registration tokens are kept; what was done with them is in the log for good."""


def purge(connection: Connection, *, now: datetime) -> int:
    """Delete what has been over for long enough; returns how many rows. The caller commits."""
    before = now - KEPT
    statements = (
        delete(INVITATIONS).where(or_(INVITATIONS.c.expires_at <= before, INVITATIONS.c.ended_at <= before)),
        delete(REGISTRATION_TOKENS).where(REGISTRATION_TOKENS.c.expires_at <= before),
    )
    return sum(connection.execute(statement).rowcount for statement in statements)
