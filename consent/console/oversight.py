"""What operators see and do: actors and platforms by name, workers by count only, the log's newest checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import Engine, func, or_, select, update
from sqlmodel import col

from consent.audit.models import AuditCheckpoint
from consent.columns import utc_now
from consent.console.actions import By, record
from consent.console.members import ConsoleError, Members
from consent.models import ConsentGrant, SubjectGate, Worker
from consent.oauth.models import ACTORS, CLIENTS, ORGANIZATIONS
from consent.stops.stopping import Revocation, Stops

PAGE: Final = 50


class PlatformVersion(Protocol):
    """A platform's connector as an operator sees it in a list."""

    @property
    def platform(self) -> str: ...  # noqa: D102
    @property
    def display_name(self) -> str: ...  # noqa: D102
    @property
    def version(self) -> str: ...  # noqa: D102
    @property
    def is_suspended(self) -> bool: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorLine:
    """An actor in the operators' list."""

    id: str
    trading_name: str
    legal_name: str
    contact: str | None
    jurisdiction: str | None
    is_test: bool
    status: str
    organization_id: str | None
    organization_name: str | None
    clients: int
    live_grants: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The newest signed state of the log."""

    size: int
    note: str
    at: datetime


class Oversight:
    """Lists, counts, suspends and resumes. What is not `async` blocks."""

    def __init__(self, engine: Engine, members: Members, stops: Stops, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._reader = engine.execution_options(read_only=True)
        self._members = members
        self._stops = stops
        self._clock = clock

    def actors(self, *, text: str = "", skip: int = 0) -> tuple[list[ActorLine], bool]:
        """Return a page of actors by name, those with `text` in a name or id, and whether there are more."""
        query = _actor_lines(self._clock()).order_by(ACTORS.c.trading_name, ACTORS.c.id)
        if text:
            columns = (ACTORS.c.trading_name, ACTORS.c.legal_name, ACTORS.c.id)
            query = query.where(or_(*(column.icontains(text, autoescape=True) for column in columns)))
        with self._reader.connect() as connection:
            rows = connection.execute(query.offset(skip).limit(PAGE + 1)).all()
        return [ActorLine(**row._asdict()) for row in rows[:PAGE]], len(rows) > PAGE

    def actor(self, actor_id: str) -> ActorLine | None:
        """Return one actor."""
        with self._reader.connect() as connection:
            row = connection.execute(_actor_lines(self._clock()).where(ACTORS.c.id == actor_id)).one_or_none()
        return None if row is None else ActorLine(**row._asdict())

    async def suspend(self, actor_id: str, *, by: By, reason: str) -> Revocation:
        """Let an actor read nothing more, and wait until nothing is read. Raises `ConsoleError`."""
        if not reason.strip() or len(reason) > 500:
            raise ConsoleError("REASON_INVALID", "Write a reason of up to 500 characters: the asker reads it.")
        found = self._decidable(actor_id, by)
        about = {} if found.organization_id is None else {"organization": found.organization_id}
        return await self._stops.suspend_actor(actor_id, by_id=by.id, why=reason.strip(), **about)

    def resume(self, actor_id: str, *, by: By) -> None:
        """Let a suspended actor read again, as far as grants allow. Raises `ConsoleError`."""
        found = self._decidable(actor_id, by)
        with self._engine.begin() as connection:
            done = connection.execute(
                update(ACTORS).where(ACTORS.c.id == actor_id, ACTORS.c.status == "suspended").values(status="active")
            )
            if done.rowcount != 1:
                raise ConsoleError("NOT_SUSPENDED", "This actor is not suspended.")
            organization = found.organization_id or ""
            record(connection, at=self._clock(), what="actor:resume", by=by, organization=organization, actor=actor_id)

    def worker_counts(self) -> Mapping[str, int]:
        """Return how many workers there are, of several kinds; never who."""
        now = self._clock()
        people = select(col(Worker.id)).where(col(Worker.status) == "active", col(Worker.is_test).is_(False))
        queries = {
            "active": select(func.count()).select_from(people.subquery()),
            "test": select(func.count()).where(col(Worker.status) == "active", col(Worker.is_test)),
            "linked": select(func.count(func.distinct(col(SubjectGate.worker_id)))).where(
                col(SubjectGate.open), col(SubjectGate.worker_id).in_(people)
            ),
            "granting": select(func.count(func.distinct(col(ConsentGrant.worker_id)))).where(
                col(ConsentGrant.status) == "active",
                col(ConsentGrant.expires_at) > now,
                col(ConsentGrant.worker_id).in_(people),
            ),
            "erased": select(func.count()).where(col(Worker.status) == "erased"),
        }
        with self._reader.connect() as connection:
            return {name: int(connection.execute(query).scalar_one()) for name, query in queries.items()}

    def checkpoint(self) -> Checkpoint | None:
        """Return the newest checkpoint of the log."""
        with self._reader.connect() as connection:
            row = connection.execute(
                select(col(AuditCheckpoint.size), col(AuditCheckpoint.note), col(AuditCheckpoint.at))
                .order_by(col(AuditCheckpoint.size).desc())
                .limit(1)
            ).one_or_none()
        return None if row is None else Checkpoint(**row._asdict())

    def _decidable(self, actor_id: str, by: By) -> ActorLine:
        found = self.actor(actor_id)
        if found is None:
            raise ConsoleError("ACTOR_UNKNOWN", "There is no such actor.")
        if found.organization_id is not None:
            with self._reader.connect() as connection:
                if self._members.belongs(connection, found.organization_id, by.id):
                    raise ConsoleError("OWN_REQUEST", "You belong to this organization: somebody else must decide.")
        return found


def _actor_lines(now: datetime) -> Any:
    clients = (
        select(func.count()).where(CLIENTS.c.actor_id == ACTORS.c.id, CLIENTS.c.status == "active").scalar_subquery()
    )
    grants = (
        select(func.count())
        .where(
            col(ConsentGrant.actor_id) == ACTORS.c.id,
            col(ConsentGrant.status) == "active",
            col(ConsentGrant.expires_at) > now,
        )
        .scalar_subquery()
    )
    names: Sequence[str] = ("id", "trading_name", "legal_name", "contact", "jurisdiction", "is_test", "status")
    return select(
        *(ACTORS.c[name] for name in names),
        ACTORS.c.organization_id,
        ORGANIZATIONS.c.name.label("organization_name"),
        clients.label("clients"),
        grants.label("live_grants"),
        ACTORS.c.created_at,
    ).outerjoin(ORGANIZATIONS, ORGANIZATIONS.c.id == ACTORS.c.organization_id)
