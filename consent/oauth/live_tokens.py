"""Reads live access tokens: one statement for all that come at once, straight on the driver.

It runs before every request, so it goes round SQLAlchemy's execution (`driver_statement.py`). Nothing is remembered but
the statement, and what three lists of scopes and categories have in common.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Dialect, Engine, Text, and_, bindparam, cast, func, or_, select, text
from sqlalchemy.exc import OperationalError

from consent.driver_statement import DriverStatement
from consent.oauth.clients import ClientKind
from consent.oauth.details import MANAGEMENT_SCOPES, scopes_of
from consent.oauth.machine_secrets import TOKEN_REF_LENGTH
from consent.oauth.models import ACTORS, CLIENTS, GATES, GRANTS, ORGANIZATIONS, TOKENS
from consent.values import hot_value

_LISTED = {
    "sqlite": "token.token_hash IN (SELECT value FROM json_each(:token_hashes))",
    "postgresql": "token.token_hash = ANY(:token_hashes)",
}
_LIVE_TOKENS = (
    select(
        TOKENS.c.token_hash,
        TOKENS.c.client_id,
        TOKENS.c.grant_id,
        TOKENS.c.purpose,
        cast(TOKENS.c.scopes, Text),
        TOKENS.c.dpop_jkt,
        TOKENS.c.expires_at,
        CLIENTS.c.kind,
        CLIENTS.c.role,
        CLIENTS.c.actor_id,
        cast(CLIENTS.c.categories, Text),
        cast(ACTORS.c.categories, Text).label("actor_categories"),
        ORGANIZATIONS.c.platform,
        ACTORS.c.max_cost,
        ACTORS.c.cost_per_minute,
        GRANTS.c.worker_id,
    )
    .join(CLIENTS, CLIENTS.c.id == TOKENS.c.client_id)
    .outerjoin(ACTORS, ACTORS.c.id == CLIENTS.c.actor_id)
    .outerjoin(ORGANIZATIONS, ORGANIZATIONS.c.id == CLIENTS.c.organization_id)
    .outerjoin(GRANTS, GRANTS.c.id == TOKENS.c.grant_id)
    .outerjoin(GATES, and_(GATES.c.client_id == TOKENS.c.client_id, GATES.c.open.is_(False)))
    .where(
        TOKENS.c.kind == "access",
        TOKENS.c.revoked_at.is_(None),
        TOKENS.c.expires_at > bindparam("now"),
        CLIENTS.c.status == "active",
        func.coalesce(ACTORS.c.status, ORGANIZATIONS.c.status) == "active",
        GATES.c.client_id.is_(None),
        or_(
            TOKENS.c.grant_id.is_(None),
            and_(GRANTS.c.status == "active", GRANTS.c.expires_at > bindparam("now")),
        ),
    )
)


@hot_value
class AuthenticatedToken:
    """A live access token. `grant_id` and `worker_id` are None for an actor's own token.

    A platform's or operator's (`kind`) has no actor, grant, purpose or scope: `platform` names the platform that it
    speaks for, `role` what it may do (`consent.console.roles`).

    `scopes` are the effective ones: the token's, as far as client and actor are registered for them.
    `purpose` is None for a token that only manages grants. `token_ref` is a prefix of the token's fingerprint,
    for logs; `dpop_jkt` the key that the sender has proved to hold. `max_cost` and `cost_per_minute` are the actor's
    own limits, None where it has none.
    """

    token_ref: str
    client_id: str
    kind: ClientKind
    actor_id: str | None
    grant_id: str | None
    worker_id: str | None
    purpose: str | None
    scopes: frozenset[str]
    expires_at: datetime
    dpop_jkt: str | None = None
    platform: str | None = None
    role: str | None = None
    max_cost: int | None = None
    cost_per_minute: int | None = None


_FOUND = DriverStatement(lambda dialect: _LIVE_TOKENS.where(text(_LISTED[dialect])))


def find_live_tokens(
    connection: Any, dialect: Dialect, hashes: Collection[str], *, now: datetime
) -> dict[str, AuthenticatedToken]:
    """Return the live access tokens among those with these fingerprints.

    `connection` is one of the driver's, to a database that `dialect` speaks. Raises `OperationalError`, as SQLAlchemy
    would.
    """
    listed = list(hashes)
    values = {"token_hashes": orjson.dumps(listed).decode() if dialect.name == "sqlite" else listed, "now": now}
    assert dialect.dbapi is not None
    try:
        rows = _FOUND.read(connection, dialect, values)
    except dialect.dbapi.Error as error:
        raise OperationalError(None, None, error) from None
    return {row[0]: _authenticated(*row) for row in rows}


class TokensAtHand:
    """Reads live tokens of a SQLite file without ever waiting: for an event loop, and for one caller at a time."""

    def __init__(self, engine: Engine) -> None:
        self._dialect = engine.dialect
        self._file = engine.url.database or ""
        self._connection: sqlite3.Connection | None = None

    def find(self, hashes: Collection[str], now: datetime) -> dict[str, AuthenticatedToken] | None:
        """Return what `find_live_tokens` does; None where that fails or would have to wait."""
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(self._file, timeout=0, check_same_thread=False)
                self._connection.execute("PRAGMA query_only=ON")
            return find_live_tokens(self._connection, self._dialect, hashes, now=now)
        except (OperationalError, sqlite3.Error):
            self._connection = None
            return None


def _authenticated(
    token_hash: str,
    client_id: str,
    grant_id: str | None,
    purpose: str,
    scopes: str,
    dpop_jkt: str | None,
    expires_at: datetime,
    kind: ClientKind,
    role: str | None,
    actor_id: str | None,
    categories: str,
    actor_categories: str | None,
    platform: str | None,
    max_cost: int | None,
    cost_per_minute: int | None,
    worker_id: str | None,
) -> AuthenticatedToken:
    """Return a token. The parameters are the statement's columns, in order."""
    return AuthenticatedToken(
        token_ref=token_hash[:TOKEN_REF_LENGTH],
        client_id=client_id,
        kind=kind,
        platform=platform,
        role=role,
        actor_id=actor_id,
        grant_id=grant_id,
        worker_id=worker_id,
        purpose=purpose or None,
        scopes=_effective(scopes, categories, actor_categories),
        expires_at=expires_at,
        dpop_jkt=dpop_jkt,
        max_cost=max_cost,
        cost_per_minute=cost_per_minute,
    )


@lru_cache(maxsize=1024)
def _effective(scopes: str, categories: str, actor_categories: str | None) -> frozenset[str]:
    """Return the scopes of a token, as far as its client and its actor are registered for them. All are JSON lists."""
    registered = set(orjson.loads(categories)) & set(orjson.loads(actor_categories or "[]"))
    return frozenset(orjson.loads(scopes)) & {*scopes_of(registered), *MANAGEMENT_SCOPES}
