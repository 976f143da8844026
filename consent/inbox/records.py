"""Requests as their two sides read them. Every query is for one side: the worker's, or the actor's.

A request counts as expired from the instant it expires, whether or not its row says so yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, Select, and_, func, or_, select
from sqlmodel import col

from consent.columns import utc_now
from consent.inbox.models import ActorBlock, ConsentRequest, RequestStatus
from consent.models import Actor
from consent.oauth.details import GigRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """One request. `worker_id` is for its worker, and for its actor once it is granted."""

    id: str
    actor_id: str
    actor_trading_name: str
    actor_legal_name: str
    actor_jurisdiction: str | None
    actor_is_test: bool
    worker_id: str | None
    request: GigRequest
    status: RequestStatus
    created_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    grant_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedActor:
    """An actor that a worker does not want to hear from."""

    actor_id: str
    actor_trading_name: str
    created_at: datetime


class InboxReader:
    """Finds requests."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine.execution_options(read_only=True)
        self._clock = clock

    def waiting(self, worker_id: str) -> list[RequestRecord]:
        """Return what waits for a worker's answer, newest first."""
        query = _requests().where(
            col(ConsentRequest.worker_id) == worker_id,
            col(ConsentRequest.status) == "pending",
            col(ConsentRequest.expires_at) > self._clock(),
        )
        return self._list(query)

    def answered(self, worker_id: str, *, limit: int = 50) -> list[RequestRecord]:
        """Return the newest requests that a worker has answered or let run out."""
        query = _requests().where(
            col(ConsentRequest.worker_id) == worker_id,
            col(ConsentRequest.status) != "replaced",
            or_(col(ConsentRequest.status) != "pending", col(ConsentRequest.expires_at) <= self._clock()),
        )
        return self._list(query.limit(limit))

    def blocked(self, worker_id: str) -> list[BlockedActor]:
        """Return whom a worker has blocked, by name."""
        query = (
            select(col(ActorBlock.actor_id), col(Actor.trading_name), col(ActorBlock.created_at))
            .join(Actor, col(Actor.id) == col(ActorBlock.actor_id))
            .where(col(ActorBlock.worker_id) == worker_id)
            .order_by(col(Actor.trading_name), col(Actor.id))
        )
        with self._engine.connect() as connection:
            return [
                BlockedActor(actor_id=row.actor_id, actor_trading_name=row.trading_name, created_at=row.created_at)
                for row in connection.execute(query)
            ]

    def find(
        self, request_id: str, *, worker_id: str | None = None, actor_id: str | None = None
    ) -> RequestRecord | None:
        """Return one request of the given worker or actor."""
        found = self._list(_of(worker_id, actor_id).where(col(ConsentRequest.id) == request_id))
        return found[0] if found else None

    def page(
        self,
        *,
        first: int,
        after: tuple[datetime, str] | None = None,
        worker_id: str | None = None,
        actor_id: str | None = None,
        grant_id: str | None = None,
        status: RequestStatus | None = None,
    ) -> tuple[list[RequestRecord], bool, int]:
        """Return up to `first` requests, newest first, whether there are more, and how many in all.

        `after` is (`created_at`, `id`) of the last one of the page before; `grant_id` narrows to one grant's.
        """
        query, now = _of(worker_id, actor_id), self._clock()
        if grant_id is not None:
            query = query.where(col(ConsentRequest.grant_id) == grant_id)
        is_over = and_(col(ConsentRequest.status) == "pending", col(ConsentRequest.expires_at) <= now)
        if status == "expired":
            query = query.where(or_(col(ConsentRequest.status) == "expired", is_over))
        elif status is not None:
            query = query.where(col(ConsentRequest.status) == status, ~is_over)
        with self._engine.connect() as connection:
            total = connection.execute(select(func.count()).select_from(query.order_by(None).subquery())).scalar_one()
        if after is not None:
            at, last = after
            query = query.where(
                or_(
                    col(ConsentRequest.created_at) < at,
                    and_(col(ConsentRequest.created_at) == at, col(ConsentRequest.id) > last),
                )
            )
        found = self._list(query.limit(first + 1))
        return found[:first], len(found) > first, int(total)

    def _list(self, query: Select[Any]) -> list[RequestRecord]:
        now = self._clock()
        with self._engine.connect() as connection:
            return [_record(row, now) for row in connection.execute(query)]


def _requests() -> Select[Any]:
    return (
        select(
            *ConsentRequest.__table__.c,  # type: ignore[attr-defined]
            col(Actor.trading_name),
            col(Actor.legal_name),
            col(Actor.jurisdiction),
            col(Actor.is_test),
        )
        .join(Actor, col(Actor.id) == col(ConsentRequest.actor_id))
        .order_by(col(ConsentRequest.created_at).desc(), col(ConsentRequest.id))
    )


def _of(worker_id: str | None, actor_id: str | None) -> Select[Any]:
    if worker_id is not None:
        return _requests().where(col(ConsentRequest.worker_id) == worker_id, col(ConsentRequest.status) != "replaced")
    return _requests().where(col(ConsentRequest.actor_id) == actor_id)


def _record(row: Row[Any], now: datetime) -> RequestRecord:
    is_over = row.status == "pending" and row.expires_at <= now
    return RequestRecord(
        id=row.id,
        actor_id=row.actor_id,
        actor_trading_name=row.trading_name,
        actor_legal_name=row.legal_name,
        actor_jurisdiction=row.jurisdiction,
        actor_is_test=row.is_test,
        worker_id=row.worker_id,
        request=GigRequest.from_json(row.details),
        status="expired" if is_over else row.status,
        created_at=row.created_at,
        expires_at=row.expires_at,
        answered_at=row.expires_at if is_over else row.answered_at,
        grant_id=row.grant_id,
    )
