"""Looking a grant through again: every 90 days a worker is asked whether they still want it.

The Australian Consumer Data Right asks for such a reminder with instructions how to review (Rules, 4.20).
A review changes nothing about the grant; it is an event like any other, and puts the next reminder off.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, func, insert, select
from sqlmodel import col

from consent.columns import utc_now
from consent.grants.records import GrantRecord
from consent.models import ConsentEvent
from consent.stops.order import share_stops

EVENT: Final = "consent:grant:review"
REVIEW_AFTER: Final = timedelta(days=90)


class Reviews:
    """When grants were last looked through, and which are due."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    def is_due(self, grant: GrantRecord, reviewed: dict[str, datetime]) -> bool:
        """Whether an active grant should be looked through; `reviewed` is what `last_by_grant` returned."""
        last = max(grant.granted_at, reviewed.get(grant.id, grant.granted_at))
        return grant.status == "active" and self._clock() - last >= REVIEW_AFTER

    def last_by_grant(self, worker_id: str) -> dict[str, datetime]:
        """Return when each of a worker's grants was last looked through."""
        query = (
            select(col(ConsentEvent.grant_id), func.max(col(ConsentEvent.at)).label("at"))
            .where(col(ConsentEvent.worker_id) == worker_id, col(ConsentEvent.type) == EVENT)
            .group_by(col(ConsentEvent.grant_id))
        )
        with self._engine.execution_options(read_only=True).connect() as connection:
            return {row.grant_id: row.at for row in connection.execute(query) if row.grant_id is not None}

    def record(self, connection: Connection, grant: GrantRecord) -> None:
        """Note, in the caller's transaction, that its worker has looked `grant` through and keeps it."""
        share_stops(connection)
        connection.execute(
            insert(ConsentEvent).values(
                at=self._clock(),
                type=EVENT,
                grant_id=grant.id,
                worker_id=grant.worker_id,
                by_kind="worker",
                by_id=grant.worker_id,
                payload={},
            )
        )
