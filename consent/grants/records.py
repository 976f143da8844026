"""Grants as their parties read them: one record with its items, actor and purpose, found in several ways.

A grant counts as expired from the instant it expires, whether or not its row says so yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, and_, bindparam, exists, func, or_, select
from sqlmodel import col

from consent.actor_versions import ActorVersion
from consent.columns import utc_now
from consent.driver_statement import DriverStatement
from consent.models import Actor, Category, ConsentGrant, GrantItem, Purpose, Worker

Item = tuple[str, str]
"""(platform, category)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldCategory:
    """A category in the words of the version under which it was granted or refused."""

    title: str
    text: str
    sensitivity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorToday:
    """What an actor is called now, and where it is reached now."""

    trading_name: str
    legal_name: str
    jurisdiction: str | None
    contact: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRecord:
    """A grant with all that its parties may read of it. `status` is `expired` from the instant it expires.

    The actor, the purpose and the categories read as they did to the worker who granted; `actor_today` is the actor
    as it is now.
    """

    id: str
    worker_id: str
    client_id: str
    actor_id: str
    actor_trading_name: str
    actor_legal_name: str
    actor_jurisdiction: str | None
    actor_address: str | None
    actor_contact: str | None
    actor_version: int
    actor_today: ActorToday
    purpose: str
    purpose_version: int
    purpose_title: str
    purpose_text: str
    status: str
    granted_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    end_reason: str | None
    version: int
    parent_id: str | None
    locale: str
    notice_sha256: str
    screen_sha256: str
    granted: frozenset[Item]
    refused: frozenset[Item]
    told: Mapping[str, ToldCategory]
    """The words of each category, granted or refused."""


_IN_FORCE = select(col(ConsentGrant.id)).where(
    col(ConsentGrant.worker_id) == col(Worker.id),
    col(ConsentGrant.actor_id) == bindparam("actor"),
    col(ConsentGrant.purpose) == bindparam("why"),
    col(ConsentGrant.status) == "active",
    col(ConsentGrant.expires_at) > bindparam("now"),
)


def _granted(grants: Select[Any]) -> DriverStatement:
    """Return the query for a worker, with whether there is any of `grants`: every query of an actor begins with it."""
    known = select(exists(grants.correlate(Worker.__table__)))  # type: ignore[attr-defined]
    query = known.select_from(Worker).where(col(Worker.id) == bindparam("worker"), col(Worker.status) == "active")
    return DriverStatement(lambda _: query)


_ANY_GRANT, _THAT_GRANT = _granted(_IN_FORCE), _granted(_IN_FORCE.where(col(ConsentGrant.id) == bindparam("grant")))


class GrantReader:
    """Finds grants."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    def find(self, grant_id: str) -> GrantRecord | None:
        """Return one grant, whatever its state."""
        found = self._list(_grants().where(col(ConsentGrant.id) == grant_id))
        return found[0] if found else None

    def find_for_client(self, grant_id: str, client_id: str) -> GrantRecord | None:
        """Return a grant that was given through a client. To another client it is as if it had never been.

        Not even the time tells: both are one and the same search that finds nothing.
        """
        query = _grants().where(col(ConsentGrant.id) == grant_id, col(ConsentGrant.client_id) == client_id)
        found = self._list(query)
        return found[0] if found else None

    def read(self, connection: Connection, grant_id: str) -> GrantRecord:
        """Return a grant that exists, as `connection`'s transaction sees it."""
        return self._read(connection, _grants().where(col(ConsentGrant.id) == grant_id))[0]

    def of_worker(self, worker_id: str, *, live: bool | None = None) -> list[GrantRecord]:
        """Return a worker's grants, newest first; only those in force (or only those that ended) with `live`."""
        return self._filter(self._list(_grants().where(col(ConsentGrant.worker_id) == worker_id)), live)

    def of_actor(
        self, actor_id: str, *, purpose: str | None = None, worker_id: str | None = None, live: bool | None = None
    ) -> list[GrantRecord]:
        """Return the grants given to an actor, newest first."""
        query = _grants().where(col(ConsentGrant.actor_id) == actor_id)
        if purpose is not None:
            query = query.where(col(ConsentGrant.purpose) == purpose)
        if worker_id is not None:
            query = query.where(col(ConsentGrant.worker_id) == worker_id)
        return self._filter(self._list(query), live)

    def is_granted(
        self, worker_id: str, *, actor_id: str | None, purpose: str | None, grant_id: str | None = None
    ) -> bool | None:
        """Whether a grant of a worker to an actor is in force, or the one that `grant_id` names.

        None when there is no such worker.
        """
        asked = {"worker": worker_id, "actor": actor_id, "why": purpose, "now": self._clock(), "grant": grant_id}
        with self._engine.execution_options(read_only=True).connect() as connection:
            found = (_ANY_GRANT if grant_id is None else _THAT_GRANT).rows(connection, asked)
        return bool(found[0][0]) if found else None

    def page(
        self,
        *,
        first: int,
        after: tuple[datetime, str] | None = None,
        actor_id: str | None = None,
        worker_id: str | None = None,
        grant_id: str | None = None,
    ) -> tuple[list[GrantRecord], bool]:
        """Return up to `first` grants of an actor or a worker, newest first, and whether there are more.

        `after` is (`granted_at`, `id`) of the last one of the page before; `grant_id` narrows to one grant.
        """
        query = _grants()
        if actor_id is not None:
            query = query.where(col(ConsentGrant.actor_id) == actor_id)
        if worker_id is not None:
            query = query.where(col(ConsentGrant.worker_id) == worker_id)
        if grant_id is not None:
            query = query.where(col(ConsentGrant.id) == grant_id)
        if after is not None:
            at, last = after
            query = query.where(
                or_(
                    col(ConsentGrant.granted_at) < at,
                    and_(col(ConsentGrant.granted_at) == at, col(ConsentGrant.id) > last),
                )
            )
        found = self._list(query.limit(first + 1))
        return found[:first], len(found) > first

    def workers_of_actor(
        self, actor_id: str, purpose: str, *, first: int, after: str | None = None, grant_id: str | None = None
    ) -> tuple[list[tuple[str, str]], bool, int]:
        """Return up to `first` (worker id, cursor) with a grant in force, whether there are more, and how many in all.

        The cursor is the id of one of the worker's grants, which its actor knows anyway.
        """
        cursor = func.min(col(ConsentGrant.id)).label("cursor")
        query = (
            select(col(ConsentGrant.worker_id), cursor)
            .join(Worker, col(Worker.id) == col(ConsentGrant.worker_id))
            .where(
                col(ConsentGrant.actor_id) == actor_id,
                col(ConsentGrant.purpose) == purpose,
                col(ConsentGrant.status) == "active",
                col(ConsentGrant.expires_at) > self._clock(),
                col(Worker.status) == "active",
            )
            .group_by(col(ConsentGrant.worker_id))
        )
        if grant_id is not None:
            query = query.where(col(ConsentGrant.id) == grant_id)
        with self._engine.execution_options(read_only=True).connect() as connection:
            total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
            if after is not None:
                query = query.having(func.min(col(ConsentGrant.id)) > after)
            rows = connection.execute(query.order_by(cursor).limit(first + 1)).all()
        return [(row.worker_id, row.cursor) for row in rows[:first]], len(rows) > first, int(total)

    def _list(self, query: Select[Any]) -> list[GrantRecord]:
        with self._engine.execution_options(read_only=True).connect() as connection:
            return self._read(connection, query)

    def _read(self, connection: Connection, query: Select[Any]) -> list[GrantRecord]:
        rows = connection.execute(query).all()
        items: dict[str, dict[Item, bool]] = {row.id: {} for row in rows}
        told: dict[str, dict[str, ToldCategory]] = {row.id: {} for row in rows}
        if rows:
            for item in connection.execute(_items().where(col(GrantItem.grant_id).in_(items))):
                items[item.grant_id][item.platform, item.category] = item.granted
                if item.title is not None:
                    told[item.grant_id][item.category] = ToldCategory(
                        title=item.title, text=item.text, sensitivity=item.sensitivity
                    )
        now = self._clock()
        return [_record_of(row, items[row.id], told[row.id], now) for row in rows]

    @staticmethod
    def _filter(records: list[GrantRecord], live: bool | None) -> list[GrantRecord]:
        return [record for record in records if live is None or (record.status == "active") is live]


@cache
def _grants() -> Select[Any]:
    """Return the query for all records, which is narrowed by its callers."""
    return (
        select(
            *ConsentGrant.__table__.c,  # type: ignore[attr-defined]
            col(ActorVersion.trading_name),
            col(ActorVersion.legal_name),
            col(ActorVersion.jurisdiction),
            col(ActorVersion.address),
            col(ActorVersion.contact),
            col(Actor.trading_name).label("trading_name_today"),
            col(Actor.legal_name).label("legal_name_today"),
            col(Actor.jurisdiction).label("jurisdiction_today"),
            col(Actor.contact).label("contact_today"),
            col(Purpose.title).label("purpose_title"),
            col(Purpose.text).label("purpose_text"),
        )
        .join(Actor, col(Actor.id) == col(ConsentGrant.actor_id))
        .join(
            ActorVersion,
            (col(ActorVersion.actor_id) == col(ConsentGrant.actor_id))
            & (col(ActorVersion.version) == col(ConsentGrant.actor_version)),
        )
        .join(
            Purpose,
            (col(Purpose.id) == col(ConsentGrant.purpose))
            & (col(Purpose.version) == col(ConsentGrant.purpose_version)),
        )
        .order_by(col(ConsentGrant.granted_at).desc(), col(ConsentGrant.id))
    )


@cache
def _items() -> Select[Any]:
    columns: list[Any] = [
        col(GrantItem.grant_id),
        col(GrantItem.platform),
        col(GrantItem.category),
        col(GrantItem.granted),
        col(Category.title),
        col(Category.text),
        col(Category.sensitivity),
    ]
    return select(*columns).outerjoin(
        Category,
        (col(Category.id) == col(GrantItem.category)) & (col(Category.version) == col(GrantItem.category_version)),
    )


def _record_of(row: Row[Any], items: dict[Item, bool], told: Mapping[str, ToldCategory], now: datetime) -> GrantRecord:
    is_over = row.status == "active" and row.expires_at <= now
    return GrantRecord(
        id=row.id,
        worker_id=row.worker_id,
        client_id=row.client_id,
        actor_id=row.actor_id,
        actor_trading_name=row.trading_name,
        actor_legal_name=row.legal_name,
        actor_jurisdiction=row.jurisdiction,
        actor_address=row.address,
        actor_contact=row.contact,
        actor_version=row.actor_version,
        actor_today=ActorToday(
            trading_name=row.trading_name_today,
            legal_name=row.legal_name_today,
            jurisdiction=row.jurisdiction_today,
            contact=row.contact_today,
        ),
        purpose=row.purpose,
        purpose_version=row.purpose_version,
        purpose_title=row.purpose_title,
        purpose_text=row.purpose_text,
        status="expired" if is_over else row.status,
        granted_at=row.granted_at,
        expires_at=row.expires_at,
        ended_at=row.expires_at if is_over else row.ended_at,
        end_reason="expired" if is_over else row.end_reason,
        version=row.version,
        parent_id=row.parent_id,
        locale=row.locale,
        notice_sha256=row.notice_sha256,
        screen_sha256=row.screen_sha256,
        granted=frozenset(item for item, granted in items.items() if granted),
        refused=frozenset(item for item, granted in items.items() if not granted),
        told=told,
    )
