"""Organizations: made by the person who registers one, with a test actor and a test client at once.

register an actor    ──► active, with a test actor; its live actor comes by approval (`approvals`)
register a platform  ──► active, or `pending` when its name is that of a platform that is live here
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, func, insert, select

from consent.columns import utc_now
from consent.console.actions import By, record
from consent.console.members import ConsoleError, Members
from consent.console.models import APPROVALS, MEMBERSHIPS
from consent.console.roles import OrganizationKind
from consent.models import new_id
from consent.oauth.actors import ActorRegistry, NewClient
from consent.oauth.models import ACTORS, ORGANIZATIONS
from consent.oauth.registration_rules import check_display_name
from consent.vocabulary import CATEGORIES, PURPOSES, SELF_PURPOSE

PER_PERSON: Final = 10
"""How many organizations one person may belong to before they cannot register another."""

_PLATFORM: Final = re.compile(r"[a-z][a-z0-9_]{1,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorView:
    """One of an organization's actors. `is_test`: for test workers only."""

    id: str
    is_test: bool
    status: str
    version: int
    legal_name: str
    trading_name: str
    address: str | None
    contact: str | None
    jurisdiction: str | None
    privacy_notice: str | None
    categories: tuple[str, ...]
    purposes: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationView:
    """An organization with its actors, the test one first."""

    id: str
    kind: OrganizationKind
    name: str
    platform: str | None
    status: str
    created_at: datetime
    actors: tuple[ActorView, ...]

    @property
    def test(self) -> ActorView | None:
        """The test actor."""
        return next((each for each in self.actors if each.is_test), None)

    @property
    def live(self) -> ActorView | None:
        """The live actor, once an operator has approved it."""
        return next((each for each in self.actors if not each.is_test), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A new organization; an actor's comes with its first client."""

    organization_id: str
    client: NewClient | None


class Organizations:
    """Registers and finds organizations. Synchronous. `live_platforms` are the names that are taken here."""

    def __init__(
        self,
        engine: Engine,
        members: Members,
        registry: ActorRegistry,
        live_platforms: Callable[[], Collection[str]],
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._engine = engine
        self._reader = engine.execution_options(read_only=True)
        self._members = members
        self._registry = registry
        self._live_platforms = live_platforms
        self._clock = clock

    def register_actor(
        self,
        person_id: str,
        *,
        name: str,
        contact: str | None = None,
        redirect_uris: Collection[str] = (),
        jwks: Mapping[str, Any] | None = None,
    ) -> Registered:
        """Make an organization with a test actor and its first client: `fapi2` with keys, else `baseline`.

        The test actor may ask for everything, of test workers. Raises `ConsoleError`, `RegistrationError`.
        """
        with self._engine.begin() as connection:
            organization_id = self._insert(connection, person_id, "actor", name)
            actor_id = self._registry.create_actor(
                legal_name=name,
                trading_name=name,
                contact=contact or None,
                categories=[each.id for each in CATEGORIES.values() if not each.forbidden],
                purposes=[each for each in PURPOSES if each != SELF_PURPOSE],
                is_test=True,
                organization_id=organization_id,
                connection=connection,
            )
            client = self._registry.create_client(
                actor_id,
                name=name,
                redirect_uris=list(redirect_uris),
                profile="baseline" if jwks is None else "fapi2",
                jwks=jwks,
                connection=connection,
            )
            self._record(connection, "organization:register", person_id, "actor", organization_id, actor=actor_id)
        return Registered(organization_id=organization_id, client=client)

    def register_platform(self, person_id: str, *, name: str, platform: str) -> Registered:
        """Make the organization that speaks for `platform`. Raises `ConsoleError`, `RegistrationError`.

        Where a platform of that name is live already, an operator must first say that these people speak for it.
        """
        if not _PLATFORM.fullmatch(platform):
            raise ConsoleError(
                "PLATFORM_NAME_INVALID", "A platform's name here has lower-case letters, digits and underscores."
            )
        is_taken = platform in self._live_platforms()
        with self._engine.begin() as connection:
            known = connection.execute(select(ORGANIZATIONS.c.id).where(ORGANIZATIONS.c.platform == platform))
            if known.first() is not None:
                raise ConsoleError(
                    "PLATFORM_REGISTERED", "Somebody speaks for that platform already. Ask them for an invitation."
                )
            organization_id = self._insert(connection, person_id, "platform", name, platform=platform, pending=is_taken)
            if is_taken:
                connection.execute(
                    insert(APPROVALS).values(
                        id=new_id(),
                        organization_id=organization_id,
                        subject="platform",
                        details={"platform": platform, "name": name},
                        status="pending",
                        requested_by=person_id,
                        requested_at=self._clock(),
                    )
                )
            self._record(connection, "organization:register", person_id, "platform", organization_id, platform=platform)
        return Registered(organization_id=organization_id, client=None)

    def find(self, organization_id: str) -> OrganizationView | None:
        """Return an organization."""
        with self._reader.connect() as connection:
            row = connection.execute(select(ORGANIZATIONS).where(ORGANIZATIONS.c.id == organization_id)).one_or_none()
            if row is None:
                return None
            actors = connection.execute(
                select(ACTORS).where(ACTORS.c.organization_id == organization_id).order_by(ACTORS.c.is_test.desc())
            ).all()
        return OrganizationView(**row._asdict(), actors=tuple(actor_view(each) for each in actors))

    def _insert(
        self,
        connection: Connection,
        person_id: str,
        kind: OrganizationKind,
        name: str,
        *,
        platform: str | None = None,
        pending: bool = False,
    ) -> str:
        check_display_name(name)
        belongs = connection.execute(select(func.count()).where(MEMBERSHIPS.c.worker_id == person_id)).scalar_one()
        if belongs >= PER_PERSON:
            raise ConsoleError("TOO_MANY_ORGANIZATIONS", f"One person belongs to at most {PER_PERSON} organizations.")
        organization_id = new_id()
        connection.execute(
            insert(ORGANIZATIONS).values(
                id=organization_id,
                kind=kind,
                name=name,
                platform=platform,
                status="pending" if pending else "active",
                created_at=self._clock(),
            )
        )
        self._members.join(connection, organization_id, person_id, "owner", by=By(kind=kind, id=person_id))
        return organization_id

    def _record(
        self,
        connection: Connection,
        what: str,
        person_id: str,
        kind: OrganizationKind,
        organization_id: str,
        **payload: Any,
    ) -> None:
        by = By(kind=kind, id=person_id)
        record(connection, at=self._clock(), what=what, by=by, organization=organization_id, **payload)


def make_organization(connection: Connection, name: str, *, at: datetime) -> str:
    """Make an actor's organization without members, for one that is registered otherwise, and return its id."""
    organization_id = new_id()
    connection.execute(
        insert(ORGANIZATIONS).values(id=organization_id, kind="actor", name=name, status="active", created_at=at)
    )
    return organization_id


def actor_view(row: Any) -> ActorView:
    """Return an actor's row as the console shows it."""
    values = {name: getattr(row, name) for name in ActorView.__dataclass_fields__}
    return ActorView(**(values | {name: tuple(values[name]) for name in ("categories", "purposes")}))
