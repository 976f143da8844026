"""Registering clients: an actor's, which query, and a platform's or operator's, which administer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, Engine, insert, select, update

from consent.columns import utc_now
from consent.models import new_id
from consent.oauth.machine_secrets import CLIENT_SECRET, fingerprint, mint
from consent.oauth.models import ACTORS, CLIENTS
from consent.oauth.registration_rules import (
    RegistrationError,
    check_display_name,
    check_keys,
    check_push_url,
    check_redirect_uris,
)

NO_OVERLAP: Final = timedelta(0)

Profile = Literal["baseline", "fapi2"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClient:
    """A client that was just created, with the secret that nobody will see again; empty if it has keys instead."""

    client_id: str
    client_secret: str = field(repr=False)
    actor_id: str | None


class ClientRegistry:
    """Creates and changes clients.

    Synchronous. Every method is one transaction, or part of the caller's when it is given a connection.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    def create_client(
        self,
        actor_id: str,
        *,
        name: str,
        redirect_uris: Sequence[str] = (),
        categories: Collection[str] | None = None,
        purposes: Collection[str] | None = None,
        profile: Profile = "baseline",
        jwks: Mapping[str, Any] | None = None,
        client_id: str | None = None,
        event_push_url: str | None = None,
        connection: Connection | None = None,
    ) -> NewClient:
        """Create a client of `actor_id`, for all of the actor's categories and purposes or for some.

        With `jwks` (its public keys) it authenticates by `private_key_jwt` and gets no secret; `fapi2` needs them.
        With `event_push_url` it is told there when a grant ends (`consent.notices`).
        Raises `RegistrationError`.
        """
        check_redirect_uris(redirect_uris)
        if event_push_url is not None:
            check_push_url(event_push_url)
        with self._within(connection) as transaction:
            actor = transaction.execute(
                select(ACTORS.c.categories, ACTORS.c.purposes).where(ACTORS.c.id == actor_id)
            ).one_or_none()
            if actor is None:
                raise RegistrationError("ACTOR_UNKNOWN", "There is no such actor.")
            wanted = frozenset(actor.categories if categories is None else categories)
            reasons = frozenset(actor.purposes if purposes is None else purposes)
            if not wanted <= set(actor.categories) or not reasons <= set(actor.purposes):
                raise RegistrationError(
                    "CLIENT_EXCEEDS_ACTOR", "A client cannot be registered for more than its actor."
                )
            return self._insert(
                transaction,
                client_id or new_id(),
                name=name,
                profile=profile,
                jwks=jwks,
                kind="actor",
                actor_id=actor_id,
                redirect_uris=list(redirect_uris),
                event_push_url=event_push_url,
                categories=sorted(wanted),
                purposes=sorted(reasons),
            )

    def create_machine_client(
        self,
        organization_id: str,
        *,
        kind: Literal["platform", "operator"],
        role: str,
        name: str,
        jwks: Mapping[str, Any] | None = None,
        connection: Connection | None = None,
    ) -> NewClient:
        """Create a client with which a platform or the operator administers. Raises `RegistrationError`."""
        with self._within(connection) as transaction:
            return self._insert(
                transaction,
                new_id(),
                name=name,
                profile="baseline",
                jwks=jwks,
                kind=kind,
                organization_id=organization_id,
                role=role,
                redirect_uris=[],
                categories=[],
                purposes=[],
            )

    def rotate_secret(
        self, client_id: str, *, overlap: timedelta = NO_OVERLAP, connection: Connection | None = None
    ) -> NewClient:
        """Replace a client's secret; the old one works for `overlap` still. Raises `RegistrationError`."""
        secret, now = mint(CLIENT_SECRET), self._clock()
        with self._within(connection) as transaction:
            row = transaction.execute(
                update(CLIENTS)
                .where(CLIENTS.c.id == client_id, CLIENTS.c.auth_method == "client_secret_basic")
                .values(
                    previous_secret_hash=CLIENTS.c.secret_hash if overlap else None,
                    previous_secret_until=now + overlap if overlap else None,
                    secret_hash=fingerprint(secret),
                )
                .returning(CLIENTS.c.actor_id)
            ).one_or_none()
            if row is None:
                raise RegistrationError("CLIENT_UNKNOWN", "There is no such client with a secret.")
        return NewClient(client_id=client_id, client_secret=secret, actor_id=row.actor_id)

    def replace_keys(self, client_id: str, jwks: Mapping[str, Any], *, connection: Connection | None = None) -> None:
        """Replace a client's public keys; others stop working at once. Raises `RegistrationError`."""
        check_keys(jwks)
        with self._within(connection) as transaction:
            changed = transaction.execute(
                update(CLIENTS)
                .where(CLIENTS.c.id == client_id, CLIENTS.c.auth_method == "private_key_jwt")
                .values(jwks=dict(jwks))
            )
            if changed.rowcount != 1:
                raise RegistrationError("CLIENT_UNKNOWN", "There is no such client with keys.")

    def _insert(
        self,
        connection: Connection,
        client_id: str,
        *,
        name: str,
        profile: Profile,
        jwks: Mapping[str, Any] | None,
        **values: Any,
    ) -> NewClient:
        check_display_name(name)
        if jwks is not None:
            check_keys(jwks)
        elif profile == "fapi2":
            raise RegistrationError("KEYS_INVALID", "A FAPI client has keys and no secret.")
        if connection.execute(select(CLIENTS.c.id).where(CLIENTS.c.id == client_id)).first() is not None:
            raise RegistrationError("CLIENT_EXISTS", "There is a client with that id already.")
        secret = None if jwks is not None else mint(CLIENT_SECRET)
        connection.execute(
            insert(CLIENTS).values(
                id=client_id,
                name=name,
                profile=profile,
                auth_method="client_secret_basic" if secret is not None else "private_key_jwt",
                secret_hash=None if secret is None else fingerprint(secret),
                jwks=None if jwks is None else dict(jwks),
                status="active",
                created_at=self._clock(),
                **values,
            )
        )
        return NewClient(client_id=client_id, client_secret=secret or "", actor_id=values.get("actor_id"))

    @contextmanager
    def _within(self, connection: Connection | None) -> Iterator[Connection]:
        if connection is not None:
            yield connection
            return
        with self._engine.begin() as transaction:
            yield transaction
