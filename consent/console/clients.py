"""An organization's clients: made, changed, given new secrets and keys, disabled. Only its own, whoever asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, Engine, Row, func, or_, select

from consent.columns import utc_now
from consent.console.actions import record
from consent.console.members import ConsoleError, Membership
from consent.console.roles import ROLES, is_role
from consent.oauth.client_registry import ClientRegistry, NewClient, Profile
from consent.oauth.client_settings import ClientSettings
from consent.oauth.models import ACTORS, CLIENTS, GATES
from consent.oauth.registration_rules import RegistrationError
from consent.stops.stopping import Revocation, Stops

OVERLAP: Final = timedelta(days=1)
"""How long an old secret works after a rotation, unless it is to stop at once."""

MOST: Final = 25
"""How many clients an organization may have that are not disabled."""

Environment = Literal["test", "live"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientView:
    """A client as its organization sees it: everything but its secret. `environment` is None for a machine client."""

    id: str
    name: str
    kind: str
    actor_id: str | None
    environment: Environment | None
    role: str | None
    profile: str
    auth_method: str
    keys: tuple[Mapping[str, Any], ...]
    redirect_uris: tuple[str, ...]
    event_push_url: str | None
    categories: tuple[str, ...]
    purposes: tuple[str, ...]
    is_disabled: bool
    previous_secret_until: datetime | None
    created_at: datetime


class ConsoleClients:
    """Every method is on behalf of a member, and knows no client but those of the member's organization.

    What is not `async` blocks. Raises `ConsoleError` and `RegistrationError`.
    """

    def __init__(self, engine: Engine, stops: Stops, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._reader = engine.execution_options(read_only=True)
        self._registry = ClientRegistry(engine, clock)
        self._settings = ClientSettings(engine, clock)
        self._stops = stops
        self._clock = clock

    def of(self, organization_id: str) -> list[ClientView]:
        """Return an organization's clients: live ones first, disabled ones last."""
        with self._reader.connect() as connection:
            rows = connection.execute(_clients(organization_id).order_by(CLIENTS.c.created_at, CLIENTS.c.id)).all()
        found = [self._view(row) for row in rows]
        return sorted(found, key=lambda each: (each.is_disabled, each.environment != "live"))

    def find(self, organization_id: str, client_id: str) -> ClientView | None:
        """Return one of an organization's clients."""
        with self._reader.connect() as connection:
            row = connection.execute(_clients(organization_id).where(CLIENTS.c.id == client_id)).one_or_none()
        return None if row is None else self._view(row)

    def create(
        self,
        member: Membership,
        environment: str,
        *,
        name: str,
        redirect_uris: Collection[str] = (),
        event_push_url: str | None = None,
        profile: Profile = "baseline",
        jwks: Mapping[str, Any] | None = None,
    ) -> NewClient:
        """Make a client of the organization's test or live actor, for all that the actor may ask for."""
        with self._engine.begin() as connection:
            self._make_room(connection, member)
            actor_id = connection.execute(
                select(ACTORS.c.id).where(
                    ACTORS.c.organization_id == member.organization_id, ACTORS.c.is_test.is_(environment == "test")
                )
            ).scalar_one_or_none()
            if actor_id is None or environment not in ("test", "live"):
                raise ConsoleError("NOT_LIVE", "There is no live actor yet: ask to go live first.")
            made = self._registry.create_client(
                actor_id,
                name=name,
                redirect_uris=list(redirect_uris),
                event_push_url=event_push_url or None,
                profile=profile,
                jwks=jwks,
                connection=connection,
            )
            self._record(connection, "client:create", member, made.client_id, environment=environment)
        return made

    def create_machine(
        self, member: Membership, *, name: str, role: str, jwks: Mapping[str, Any] | None = None
    ) -> NewClient:
        """Make a client with which a platform or the operator administers, in a role no higher than it has members."""
        if member.kind == "actor" or not is_role(member.kind, role):
            raise ConsoleError("ROLE_UNKNOWN", f"A role here is one of: {', '.join(ROLES[member.kind])}.")
        with self._engine.begin() as connection:
            self._make_room(connection, member)
            made = self._registry.create_machine_client(
                member.organization_id, kind=member.kind, role=role, name=name, jwks=jwks, connection=connection
            )
            self._record(connection, "client:create", member, made.client_id, role=role)
        return made

    def rotate_secret(self, member: Membership, client_id: str, *, at_once: bool) -> NewClient:
        """Give a client a new secret; the old one works for a day still, or not at all."""
        self._own(member, client_id)
        with self._engine.begin() as connection:
            made = self._registry.rotate_secret(
                client_id, overlap=timedelta(0) if at_once else OVERLAP, connection=connection
            )
            self._record(connection, "client:rotate", member, client_id, at_once=at_once)
        return made

    def change(
        self, member: Membership, client_id: str, *, name: str, redirect_uris: Collection[str], event_push_url: str
    ) -> None:
        """Change a client's name and addresses; an empty `event_push_url` ends notices."""
        found = self._own(member, client_id)
        self._settings.change(
            client_id,
            by=member.kind,
            by_id=member.person_id,
            organization=member.organization_id,
            name=name,
            redirect_uris=list(redirect_uris) if found.kind == "actor" else None,
            event_push_url=event_push_url if found.kind == "actor" else None,
        )

    def add_keys(self, member: Membership, client_id: str, jwks: Mapping[str, Any]) -> None:
        """Add public keys to a client that has keys."""
        added = jwks.get("keys")
        if not isinstance(added, list):
            raise RegistrationError("KEYS_INVALID", "Give a JSON Web Key Set: an object with a list of keys.")
        self._set_keys(member, client_id, [*self._own(member, client_id).keys, *added])

    def remove_key(self, member: Membership, client_id: str, kid: str) -> None:
        """Remove one of several keys."""
        found = self._own(member, client_id)
        left = [key for key in found.keys if key.get("kid") != kid]
        if len(left) == len(found.keys):
            raise RegistrationError("KEYS_INVALID", "There is no such key.")
        self._set_keys(member, client_id, left)

    async def disable(self, member: Membership, client_id: str) -> Revocation:
        """End a client for good: what it reads stops, in every process."""
        await asyncio.to_thread(self._own, member, client_id)
        return await self._stops.close_client(
            client_id,
            reason="disabled at the console",
            by=member.kind,
            by_id=member.person_id,
            organization=member.organization_id,
        )

    def _set_keys(self, member: Membership, client_id: str, keys: list[Any]) -> None:
        self._settings.change(
            client_id,
            by=member.kind,
            by_id=member.person_id,
            organization=member.organization_id,
            jwks={"keys": keys},
        )

    def _own(self, member: Membership, client_id: str) -> ClientView:
        found = self.find(member.organization_id, client_id)
        if found is None or found.is_disabled:
            raise ConsoleError("CLIENT_UNKNOWN", "There is no such client.")
        return found

    def _make_room(self, connection: Connection, member: Membership) -> None:
        open_ones = _clients(member.organization_id).where(
            CLIENTS.c.status == "active", func.coalesce(GATES.c.open, True)
        )
        if len(connection.execute(open_ones).all()) >= MOST:
            raise ConsoleError("TOO_MANY_CLIENTS", f"An organization has at most {MOST} clients. Disable one first.")

    def _record(self, connection: Connection, what: str, member: Membership, client_id: str, **payload: Any) -> None:
        record(
            connection,
            at=self._clock(),
            what=what,
            by=member.by,
            organization=member.organization_id,
            client=client_id,
            **payload,
        )

    def _view(self, row: Row[Any]) -> ClientView:
        until = row.previous_secret_until
        return ClientView(
            id=row.id,
            name=row.name,
            kind=row.kind,
            actor_id=row.actor_id,
            environment=None if row.is_test is None else ("test" if row.is_test else "live"),
            role=row.role,
            profile=row.profile,
            auth_method=row.auth_method,
            keys=tuple((row.jwks or {}).get("keys", ())),
            redirect_uris=tuple(row.redirect_uris),
            event_push_url=row.event_push_url,
            categories=tuple(row.categories),
            purposes=tuple(row.purposes),
            is_disabled=row.status != "active" or row.gate_open is False,
            previous_secret_until=until if until is not None and until > self._clock() else None,
            created_at=row.created_at,
        )


def _clients(organization_id: str) -> Any:
    return (
        select(CLIENTS, ACTORS.c.is_test, GATES.c.open.label("gate_open"))
        .outerjoin(ACTORS, ACTORS.c.id == CLIENTS.c.actor_id)
        .outerjoin(GATES, GATES.c.client_id == CLIENTS.c.id)
        .where(or_(CLIENTS.c.organization_id == organization_id, ACTORS.c.organization_id == organization_id))
    )
