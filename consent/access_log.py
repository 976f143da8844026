"""The access log as its readers see it: who read, or was denied, what of whom, for which purpose, and when.

Lease transactions write it (`leases/`); rows are never changed or deleted (`ddl.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Engine, Row, Select, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from consent.actor_versions import ActorVersion
from consent.audit.models import AuditCheckpoint, AuditLeaf
from consent.models import AccessEvent, Actor, Category, ConsentGrant, GrantItem, Purpose

Choice = Literal["allow", "deny"]

PAGE_SIZE = 50
MAX_PAGE_SIZE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRecord:
    """One line of the log. `actor_name` is None when workers read their own data.

    `reason` of an allowed access: None (delivered), `NOT_DELIVERED`, `DISCARDED` (consent had ended) or
    `PROCESS_DIED`; of a denied one: see `decision.Reason`. `repeats` equal denials share a line.
    """

    id: int
    at: datetime
    actor_id: str | None
    actor_name: str | None
    client_id: str | None
    grant_id: str | None
    purpose: str | None
    platform: str
    account_id: str | None
    category: str
    decision: str
    reason: str | None
    records: int
    repeats: int
    request_id: str | None
    purpose_title: str | None
    """Purpose and category in the words of the grant that it was read under; None without one."""
    category_title: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessFilter:
    """Which lines to show; None means any.

    `text` is looked for in the actor's name, that of today and that of the line, in platform, category and purpose;
    `named` are platforms, categories and purposes that match it by the name that people see.
    """

    actor_id: str | None = None
    platform: str | None = None
    category: str | None = None
    purpose: str | None = None
    decision: Choice | None = None
    grant_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None
    named: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPage:
    """Lines, newest first. `total` counts all that match.

    `next_before` continues with older ones, `next_after` with newer ones; None at either end.
    """

    records: tuple[AccessRecord, ...]
    next_before: int | None
    next_after: int | None
    total: int


_LOG_SIZE = select(func.coalesce(func.max(col(AuditCheckpoint.size)), 0))
_LEAVES_AT_ONCE = 10_000


class AccessLog:
    """Reads the log. Every query is for one worker: pass the worker of the session, never one from the request."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(read_only=True)

    def page(
        self,
        worker_id: str,
        *,
        matching: AccessFilter | None = None,
        before: int | None = None,
        after: int | None = None,
        size: int = PAGE_SIZE,
    ) -> AccessPage:
        """Return lines older than `before` or newer than `after` (ids), the nearest ones, newest first."""
        size = max(1, min(size, MAX_PAGE_SIZE))
        query = _filtered(worker_id, matching or AccessFilter())
        number = col(AccessEvent.id)
        with self._engine.connect() as connection:
            total = connection.execute(select(func.count()).select_from(query.order_by(None).subquery())).scalar_one()
            if after is not None:
                nearest = query.where(number > after).order_by(number).limit(size + 1)
                rows = connection.execute(nearest).all()
                more_newer, rows = len(rows) > size, rows[:size][::-1]
                more_older = True
            else:
                if before is not None:
                    query = query.where(number < before)
                rows = connection.execute(query.order_by(number.desc()).limit(size + 1)).all()
                more_older, rows = len(rows) > size, rows[:size]
                more_newer = before is not None
        records = tuple(_record(row) for row in rows)
        return AccessPage(
            records=records,
            next_before=records[-1].id if records and more_older else None,
            next_after=records[0].id if records and more_newer else None,
            total=int(total),
        )

    def position(self, worker_id: str, event_id: int | None) -> int | None:
        """Return how far the audit log is after one of the worker's events; without one, how far it is now.

        None when it is no event of theirs that the log has.
        """
        with self._engine.connect() as connection:
            if event_id is None:
                return int(connection.execute(_LOG_SIZE).scalar_one())
            mine = select(col(AuditLeaf.seq) + 1).join(AccessEvent, col(AccessEvent.id) == col(AuditLeaf.event_id))
            query = mine.where(
                col(AuditLeaf.kind) == "access",
                col(AuditLeaf.event_id) == event_id,
                col(AccessEvent.worker_id) == worker_id,
            )
            return connection.execute(query).scalar_one_or_none()

    def following(self, worker_id: str, position: int) -> tuple[tuple[AccessRecord, ...], int]:
        """Return the worker's events from `position` of the audit log on, oldest first, and where to go on."""
        with self._engine.connect() as connection:
            end = min(int(connection.execute(_LOG_SIZE).scalar_one()), position + _LEAVES_AT_ONCE)
            if end <= position:
                return (), position
            rows = connection.execute(
                _filtered(worker_id, AccessFilter())
                .join(AuditLeaf, col(AuditLeaf.event_id) == col(AccessEvent.id))
                .where(col(AuditLeaf.kind) == "access", col(AuditLeaf.seq) >= position, col(AuditLeaf.seq) < end)
                .order_by(col(AuditLeaf.seq))
            ).all()
        return tuple(map(_record, rows)), end

    def actors(self, worker_id: str) -> list[tuple[str, str]]:
        """Return (id, names) of every actor in a worker's log, by name: today's, then others that the log shows."""
        mine = _filtered(worker_id, AccessFilter()).where(col(AccessEvent.actor_id).is_not(None)).subquery()
        query = (
            select(col(Actor.id), col(Actor.trading_name), mine.c.actor_name)
            .join(mine, mine.c.actor_id == col(Actor.id))
            .distinct()
            .order_by(col(Actor.trading_name), col(Actor.id), mine.c.actor_name)
        )
        names: dict[str, list[str]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                known = names.setdefault(row.id, [row.trading_name])
                if row.actor_name not in known:
                    known.append(row.actor_name)
        return [(actor_id, " / ".join(known)) for actor_id, known in names.items()]

    def platforms(self, worker_id: str) -> list[str]:
        """Return the platforms in a worker's log."""
        query = select(col(AccessEvent.platform)).where(col(AccessEvent.worker_id) == worker_id).distinct()
        with self._engine.connect() as connection:
            return sorted(connection.execute(query).scalars())

    def last_by_grant(self, worker_id: str) -> dict[str, datetime]:
        """Return when data was last delivered under each of the worker's grants."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(col(AccessEvent.grant_id), func.max(col(AccessEvent.at)).label("at"))
                .where(
                    col(AccessEvent.worker_id) == worker_id,
                    col(AccessEvent.decision) == "allow",
                    col(AccessEvent.grant_id).is_not(None),
                )
                .group_by(col(AccessEvent.grant_id))
            ).all()
        return {row.grant_id: row.at for row in rows}


_THEN = aliased(ActorVersion)
_VERSION_THEN = (
    select(func.max(col(_THEN.version)))
    .where(col(_THEN.actor_id) == col(AccessEvent.actor_id), col(_THEN.since) <= col(AccessEvent.at))
    .correlate(AccessEvent)
    .scalar_subquery()
)
"""As whom workers knew an actor at the time: what names one who was turned away without any grant."""


def _filtered(worker_id: str, matching: AccessFilter) -> Select[Any]:
    query = (
        select(
            *AccessEvent.__table__.c,  # type: ignore[attr-defined]
            func.coalesce(col(ActorVersion.trading_name), col(Actor.trading_name)).label("actor_name"),
            col(Purpose.title).label("purpose_title"),
            col(Category.title).label("category_title"),
        )
        .outerjoin(Actor, col(Actor.id) == col(AccessEvent.actor_id))
        .outerjoin(ConsentGrant, col(ConsentGrant.id) == col(AccessEvent.grant_id))
        .outerjoin(
            ActorVersion,
            (col(ActorVersion.actor_id) == col(AccessEvent.actor_id))
            & (col(ActorVersion.version) == func.coalesce(col(ConsentGrant.actor_version), _VERSION_THEN, 1)),
        )
        .outerjoin(
            Purpose,
            (col(Purpose.id) == col(AccessEvent.purpose)) & (col(Purpose.version) == col(ConsentGrant.purpose_version)),
        )
        .outerjoin(
            GrantItem,
            (col(GrantItem.grant_id) == col(AccessEvent.grant_id))
            & (col(GrantItem.platform) == col(AccessEvent.platform))
            & (col(GrantItem.category) == col(AccessEvent.category)),
        )
        .outerjoin(
            Category,
            (col(Category.id) == col(GrantItem.category)) & (col(Category.version) == col(GrantItem.category_version)),
        )
        .where(col(AccessEvent.worker_id) == worker_id)
    )
    for name in ("actor_id", "platform", "category", "purpose", "decision", "grant_id"):
        wanted = getattr(matching, name)
        if wanted is not None:
            query = query.where(getattr(AccessEvent, name) == wanted)
    if matching.since is not None:
        query = query.where(col(AccessEvent.at) >= matching.since)
    if matching.until is not None:
        query = query.where(col(AccessEvent.at) < matching.until)
    if matching.text:
        query = query.where(
            or_(
                *(
                    col(column).icontains(matching.text, autoescape=True)
                    for column in (
                        Actor.trading_name,
                        ActorVersion.trading_name,
                        AccessEvent.platform,
                        AccessEvent.category,
                        AccessEvent.purpose,
                    )
                ),
                *(
                    col(column).in_(sorted(matching.named))
                    for column in (AccessEvent.platform, AccessEvent.category, AccessEvent.purpose)
                ),
            )
        )
    return query


def _record(row: Row[Any]) -> AccessRecord:
    names = AccessRecord.__slots__
    return AccessRecord(**{name: getattr(row, name) for name in names})
