"""What an organization did, in counts: accesses by category, and what became of notices. No worker is in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine, func, select
from sqlmodel import col

from consent.columns import utc_now
from consent.models import AccessEvent, ConsentGrant
from consent.notices.models import NoticeDelivery
from consent.oauth.models import ACTORS, CLIENTS

WINDOW: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessCount:
    """Accesses to one category in the window: how often, how many records, how often it was refused."""

    is_test: bool
    category: str
    allowed: int
    records: int
    denied: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One notice: when it was made and what became of it."""

    client_id: str
    client_name: str
    created_at: datetime
    attempts: int
    delivered_at: datetime | None
    given_up_at: datetime | None
    next_at: datetime | None
    last_error: str | None


class Usage:
    """Counts. Synchronous."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = utc_now) -> None:
        self._reader = engine.execution_options(read_only=True)
        self._clock = clock

    def accesses(self, organization_id: str) -> list[AccessCount]:
        """Return the last 30 days by category, live before test."""
        allowed = col(AccessEvent.decision) == "allow"
        repeats = col(AccessEvent.repeats)
        query = (
            select(
                ACTORS.c.is_test,
                col(AccessEvent.category),
                func.coalesce(func.sum(repeats).filter(allowed), 0).label("allowed"),
                func.sum(col(AccessEvent.records)).label("records"),
                func.coalesce(func.sum(repeats).filter(~allowed), 0).label("denied"),
            )
            .join(ACTORS, ACTORS.c.id == col(AccessEvent.actor_id))
            .where(ACTORS.c.organization_id == organization_id, col(AccessEvent.at) > self._clock() - WINDOW)
            .group_by(ACTORS.c.is_test, col(AccessEvent.category))
            .order_by(ACTORS.c.is_test, col(AccessEvent.category))
        )
        return [AccessCount(**row) for row in self._rows(query)]

    def live_grants(self, organization_id: str) -> dict[bool, int]:
        """Return how many grants are in force, of the live actor (False) and of the test one (True)."""
        query = (
            select(ACTORS.c.is_test, func.count().label("count"))
            .join(ConsentGrant, col(ConsentGrant.actor_id) == ACTORS.c.id)
            .where(
                ACTORS.c.organization_id == organization_id,
                col(ConsentGrant.status) == "active",
                col(ConsentGrant.expires_at) > self._clock(),
            )
            .group_by(ACTORS.c.is_test)
        )
        found = {bool(row["is_test"]): int(row["count"]) for row in self._rows(query)}
        return {False: found.get(False, 0), True: found.get(True, 0)}

    def deliveries(self, organization_id: str, *, size: int = 50) -> list[Delivery]:
        """Return the newest notices to the organization's clients."""
        names = ("created_at", "attempts", "delivered_at", "given_up_at", "next_at", "last_error")
        query = (
            select(
                CLIENTS.c.id.label("client_id"),
                CLIENTS.c.name.label("client_name"),
                *(getattr(NoticeDelivery, name) for name in names),
            )
            .join(CLIENTS, CLIENTS.c.id == col(NoticeDelivery.client_id))
            .join(ACTORS, ACTORS.c.id == CLIENTS.c.actor_id)
            .where(ACTORS.c.organization_id == organization_id)
            .order_by(col(NoticeDelivery.created_at).desc(), col(NoticeDelivery.jti))
            .limit(size)
        )
        return [Delivery(**row) for row in self._rows(query)]

    def _rows(self, query: Any) -> list[dict[str, Any]]:
        with self._reader.connect() as connection:
            return [dict(row._asdict()) for row in connection.execute(query)]
