"""Who belongs to which organization, and in what role: the one place that pages, the API and the CLI ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Row, Select, delete, func, insert, select, update
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from consent.columns import utc_now
from consent.console.actions import By, record
from consent.console.models import MEMBERSHIPS
from consent.console.roles import OPERATOR, ROLES, OrganizationKind, Permission, Role, is_role, may
from consent.oauth.models import ORGANIZATIONS
from consent.signin.models import WORKERS


class ConsoleError(Exception):
    """Something cannot be done at the console. `code` is stable; the message says what to do instead."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class CurrentPerson(Protocol):
    """The part of `consent.signin.sessions.Sessions` that is needed here."""

    async def current_worker(self, request: Request) -> str | None:
        """Return the id of the person who is signed in on the request's browser."""
        ...


class NoBrowser:
    """Where there are no browsers, as on the command line, nobody is signed in."""

    async def current_worker(self, request: Request) -> str | None:
        """Return None."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A person in an organization. `platform` is the name that a platform's organization speaks for.

    An organization that is not `active` (an operator has not admitted it yet) allows its members to read only.
    """

    person_id: str
    person_name: str | None
    organization_id: str
    kind: OrganizationKind
    name: str
    platform: str | None
    status: str
    role: Role
    since: datetime

    @property
    def is_active(self) -> bool:
        """Whether the organization may act."""
        return self.status == "active"

    @property
    def by(self) -> By:
        """How an action of this person for this organization is recorded."""
        return By(kind=self.kind, id=self.person_id)

    def may(self, permission: Permission) -> bool:
        """Whether this person may do that now."""
        return may(self.role, permission) and (self.is_active or permission == "read")


class Members:
    """Answers who a person is, and changes it. What is not `of_request` blocks: call it in a thread."""

    def __init__(self, engine: Engine, people: CurrentPerson, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._reader = engine.execution_options(read_only=True)
        self._people = people
        self._clock = clock

    async def of_request(self, request: Request) -> tuple[Membership, ...]:
        """Return the memberships of whoever is signed in; none for a stranger."""
        person_id = await self._people.current_worker(request)
        return () if person_id is None else await run_in_threadpool(self.of_person, person_id)

    async def in_organization(self, request: Request, organization_id: str) -> Membership | None:
        """Return the membership of whoever is signed in, in one organization."""
        found = await self.of_request(request)
        return next((each for each in found if each.organization_id == organization_id), None)

    async def of_platform(self, request: Request, platform: str) -> Membership | None:
        """Return the membership of whoever is signed in, in the organization that speaks for `platform`."""
        return next((each for each in await self.of_request(request) if each.platform == platform), None)

    def of_person(self, person_id: str) -> tuple[Membership, ...]:
        """Return a person's memberships, the operator's first, then by name."""
        query = _memberships().where(MEMBERSHIPS.c.worker_id == person_id)
        with self._reader.connect() as connection:
            found = [_membership(row) for row in connection.execute(query)]
        return tuple(sorted(found, key=lambda each: (each.kind != "operator", each.name.casefold())))

    def of_organization(self, organization_id: str) -> tuple[Membership, ...]:
        """Return an organization's members, longest first."""
        query = _memberships().where(MEMBERSHIPS.c.organization_id == organization_id)
        with self._reader.connect() as connection:
            return tuple(_membership(row) for row in connection.execute(query.order_by(MEMBERSHIPS.c.since)))

    def names_of(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the names of those people and organizations among `ids`, for a history of what members did."""
        wanted = list(ids)
        people = select(WORKERS.c.id, WORKERS.c.display_name).where(
            WORKERS.c.id.in_(wanted), WORKERS.c.display_name.is_not(None)
        )
        organizations = select(ORGANIZATIONS.c.id, ORGANIZATIONS.c.name).where(ORGANIZATIONS.c.id.in_(wanted))
        with self._reader.connect() as connection:
            return {row[0]: row[1] for query in (people, organizations) for row in connection.execute(query)}

    def belongs(self, connection: Connection, organization_id: str, person_id: str) -> bool:
        """Whether a person is in an organization, as the caller's transaction sees it."""
        return (
            connection.execute(
                select(MEMBERSHIPS.c.role).where(
                    MEMBERSHIPS.c.organization_id == organization_id, MEMBERSHIPS.c.worker_id == person_id
                )
            ).first()
            is not None
        )

    def join(self, connection: Connection, organization_id: str, person_id: str, role: str, *, by: By) -> None:
        """Make a person a member in the caller's transaction, or give a member another role. Raises `ConsoleError`."""
        kind = self._kind(connection, organization_id)
        if not is_role(kind, role):
            raise ConsoleError("ROLE_UNKNOWN", f"A role here is one of: {', '.join(ROLES[kind])}.")
        if self.belongs(connection, organization_id, person_id):
            self._set_role(connection, organization_id, person_id, role)
            self._keep_a_head(connection, organization_id, kind)
        else:
            connection.execute(
                insert(MEMBERSHIPS).values(
                    organization_id=organization_id, worker_id=person_id, role=role, since=self._clock()
                )
            )
        self._record(connection, "member:join", by, organization_id, person_id, role=role)

    def change_role(self, organization_id: str, person_id: str, role: str, *, by: By) -> None:
        """Give a member another role. Raises `ConsoleError`."""
        with self._engine.begin() as connection:
            kind = self._kind(connection, organization_id)
            if not is_role(kind, role):
                raise ConsoleError("ROLE_UNKNOWN", f"A role here is one of: {', '.join(ROLES[kind])}.")
            self._set_role(connection, organization_id, person_id, role)
            self._keep_a_head(connection, organization_id, kind)
            self._record(connection, "member:change", by, organization_id, person_id, role=role)

    def remove(self, organization_id: str, person_id: str, *, by: By) -> None:
        """End a membership. Raises `ConsoleError`."""
        with self._engine.begin() as connection:
            kind = self._kind(connection, organization_id)
            removed = connection.execute(
                delete(MEMBERSHIPS).where(
                    MEMBERSHIPS.c.organization_id == organization_id, MEMBERSHIPS.c.worker_id == person_id
                )
            )
            if removed.rowcount != 1:
                raise ConsoleError("MEMBER_UNKNOWN", "There is no such member.")
            self._keep_a_head(connection, organization_id, kind)
            self._record(connection, "member:leave", by, organization_id, person_id)

    def _set_role(self, connection: Connection, organization_id: str, person_id: str, role: str) -> None:
        changed = connection.execute(
            update(MEMBERSHIPS)
            .where(MEMBERSHIPS.c.organization_id == organization_id, MEMBERSHIPS.c.worker_id == person_id)
            .values(role=role)
        )
        if changed.rowcount != 1:
            raise ConsoleError("MEMBER_UNKNOWN", "There is no such member.")

    def _keep_a_head(self, connection: Connection, organization_id: str, kind: OrganizationKind) -> None:
        heads = connection.execute(
            select(func.count()).where(
                MEMBERSHIPS.c.organization_id == organization_id, MEMBERSHIPS.c.role == ROLES[kind][0]
            )
        ).scalar_one()
        if not heads:
            raise ConsoleError("LAST_OF_ITS_KIND", f"Somebody must stay {ROLES[kind][0]}.")

    def _record(
        self, connection: Connection, what: str, by: By, organization_id: str, person_id: str, **payload: Any
    ) -> None:
        record(
            connection,
            at=self._clock(),
            what=what,
            by=by,
            organization=organization_id,
            person=person_id,
            **payload,
        )

    @staticmethod
    def _kind(connection: Connection, organization_id: str) -> OrganizationKind:
        """Return an organization's kind. On PostgreSQL its row is locked, so that two last heads cannot both leave."""
        kind: OrganizationKind | None = connection.execute(
            select(ORGANIZATIONS.c.kind).where(ORGANIZATIONS.c.id == organization_id).with_for_update()
        ).scalar_one_or_none()
        if kind is None:
            raise ConsoleError("ORGANIZATION_UNKNOWN", "There is no such organization.")
        return kind


def has_operator(connection: Connection) -> bool:
    """Whether the operator's own organization is there."""
    return connection.execute(select(ORGANIZATIONS.c.id).where(ORGANIZATIONS.c.id == OPERATOR)).first() is not None


def ensure_operator(connection: Connection, *, name: str, at: datetime) -> None:
    """Create the operator's own organization where it is missing."""
    if not has_operator(connection):
        connection.execute(
            insert(ORGANIZATIONS).values(id=OPERATOR, kind="operator", name=name, status="active", created_at=at)
        )


def _memberships() -> Select[Any]:
    return (
        select(
            MEMBERSHIPS.c.worker_id.label("person_id"),
            WORKERS.c.display_name.label("person_name"),
            MEMBERSHIPS.c.organization_id,
            ORGANIZATIONS.c.kind,
            ORGANIZATIONS.c.name,
            ORGANIZATIONS.c.platform,
            ORGANIZATIONS.c.status,
            MEMBERSHIPS.c.role,
            MEMBERSHIPS.c.since,
        )
        .join(ORGANIZATIONS, ORGANIZATIONS.c.id == MEMBERSHIPS.c.organization_id)
        .join(WORKERS, WORKERS.c.id == MEMBERSHIPS.c.worker_id)
        .where(WORKERS.c.status == "active")
    )


def _membership(row: Row[Any]) -> Membership:
    return Membership(**row._asdict())
