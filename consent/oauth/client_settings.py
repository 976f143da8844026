"""What a registered client may change of itself: its name, redirect URIs, keys, and where it gets notices.

For the CLI and the console; who may change which client is the caller's to check. A change counts at once:
what was asked for, or issued, with a redirect URI that is taken away is not answered or redeemed any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update

from consent.columns import utc_now
from consent.models import ConsentEvent
from consent.oauth.clients import ClientKind
from consent.oauth.models import CLIENTS, CODES
from consent.oauth.registration_rules import (
    RegistrationError,
    check_display_name,
    check_keys,
    check_push_url,
    check_redirect_uris,
)
from consent.stops.order import share_stops


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRecord:
    """A client as those who run it may see it: everything but its secret."""

    client_id: str
    kind: ClientKind
    actor_id: str | None
    organization_id: str | None
    role: str | None
    name: str
    status: str
    profile: str
    auth_method: str
    redirect_uris: tuple[str, ...]
    event_push_url: str | None
    categories: tuple[str, ...]
    purposes: tuple[str, ...]
    key_ids: tuple[str, ...]
    created_at: datetime


class ClientSettings:
    """Reads and changes registered clients. Synchronous; every method is one transaction."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._reader = engine.execution_options(read_only=True)
        self._clock = clock

    def find(self, client_id: str) -> ClientRecord | None:
        """Return the client, whatever its status, or None."""
        with self._reader.connect() as connection:
            return _find(connection, client_id)

    def of_actor(self, actor_id: str) -> tuple[ClientRecord, ...]:
        """Return an actor's clients, oldest first."""
        with self._reader.connect() as connection:
            rows = connection.execute(
                select(CLIENTS).where(CLIENTS.c.actor_id == actor_id).order_by(CLIENTS.c.created_at, CLIENTS.c.id)
            ).all()
        return tuple(map(_record, rows))

    def change(
        self,
        client_id: str,
        *,
        by: ClientKind,
        by_id: str | None = None,
        organization: str | None = None,
        name: str | None = None,
        redirect_uris: Sequence[str] | None = None,
        event_push_url: str | None = None,
        jwks: Mapping[str, Any] | None = None,
        connection: Connection | None = None,
    ) -> ClientRecord:
        """Change what is given and return the client; all of it or, when something cannot be accepted, nothing.

        With a connection it is part of the caller's transaction. `organization`, of a change at the console,
        stands in the event.
        An empty `event_push_url` ends notices. `jwks` replaces the keys of a client that has keys.
        Raises `RegistrationError`: `CLIENT_UNKNOWN`, `NAME_INVALID`, `REDIRECT_URI_INVALID`, `PUSH_URL_INVALID`,
        `KEYS_INVALID`, `NOTHING_TO_CHANGE`.
        """
        values = _checked(name, redirect_uris, event_push_url, jwks)
        about = {} if organization is None else {"organization": organization}
        with self._engine.begin() if connection is None else nullcontext(connection) as transaction:
            before = _find(transaction, client_id)
            if before is None or before.status == "disabled":
                raise RegistrationError("CLIENT_UNKNOWN", "There is no such client.")
            if jwks is not None and before.auth_method != "private_key_jwt":
                raise RegistrationError("KEYS_INVALID", "This client has a secret and no keys.")
            share_stops(transaction)
            transaction.execute(update(CLIENTS).where(CLIENTS.c.id == client_id).values(**values))
            if redirect_uris is not None:
                self._drop_codes(transaction, client_id, kept=redirect_uris)
            transaction.execute(
                insert(ConsentEvent).values(
                    at=self._clock(),
                    type="consent:client:change",
                    by_kind=by,
                    by_id=by_id,
                    payload={"client": client_id, "changed": sorted(values)} | about,
                )
            )
            after = _find(transaction, client_id)
        assert after is not None
        return after

    def _drop_codes(self, connection: Connection, client_id: str, *, kept: Sequence[str]) -> None:
        """Use up the codes that went to an address which is not the client's any more."""
        connection.execute(
            update(CODES)
            .where(
                CODES.c.client_id == client_id,
                CODES.c.used_at.is_(None),
                CODES.c.redirect_uri.not_in(list(kept)),
            )
            .values(used_at=self._clock())
        )


def _checked(
    name: str | None,
    redirect_uris: Sequence[str] | None,
    event_push_url: str | None,
    jwks: Mapping[str, Any] | None,
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if name is not None:
        check_display_name(name)
        values["name"] = name
    if redirect_uris is not None:
        check_redirect_uris(redirect_uris)
        values["redirect_uris"] = list(redirect_uris)
    if event_push_url is not None:
        if event_push_url:
            check_push_url(event_push_url)
        values["event_push_url"] = event_push_url or None
    if jwks is not None:
        check_keys(jwks)
        values["jwks"] = dict(jwks)
    if not values:
        raise RegistrationError("NOTHING_TO_CHANGE", "Name what to change.")
    return values


def _find(connection: Connection, client_id: str) -> ClientRecord | None:
    if "\0" in client_id:
        return None
    row = connection.execute(select(CLIENTS).where(CLIENTS.c.id == client_id)).one_or_none()
    return None if row is None else _record(row)


def _record(row: Row[Any]) -> ClientRecord:
    return ClientRecord(
        client_id=row.id,
        kind=row.kind,
        actor_id=row.actor_id,
        organization_id=row.organization_id,
        role=row.role,
        name=row.name,
        status=row.status,
        profile=row.profile,
        auth_method=row.auth_method,
        redirect_uris=tuple(row.redirect_uris),
        event_push_url=row.event_push_url,
        categories=tuple(row.categories),
        purposes=tuple(row.purposes),
        key_ids=tuple(str(key.get("kid", "")) for key in (row.jwks or {}).get("keys", ())),
        created_at=row.created_at,
    )
