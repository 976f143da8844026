"""Tokens in the database: issue, find, rotate, revoke.

Tokens are opaque: their meaning is a row, and a row dies with its grant in the same instant, which a signed,
self-contained token (RFC 9068) could not. Refresh tokens rotate; using one twice ends its family (RFC 9700 §4.14).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, insert, select, update

from consent.oauth.machine_secrets import ACCESS_TOKEN, REFRESH_TOKEN, fingerprint, is_shaped, mint
from consent.oauth.models import GRANTS, TOKENS

TokenKind = Literal["access", "refresh"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredToken:
    """A token's row together with its grant's parties and life, as Authlib asks for it."""

    token_hash: str
    kind: TokenKind
    client_id: str
    grant_id: str | None
    worker_id: str | None
    actor_id: str | None
    family_id: str
    purpose: str
    scopes: tuple[str, ...]
    authorization_details: Sequence[Mapping[str, Any]]
    dpop_jkt: str | None
    issued_at: datetime
    expires_at: datetime
    is_used: bool
    is_ended: bool
    """Revoked, expired, or its grant is not live any more."""

    def check_client(self, client: Any) -> bool:
        """Whether the token was issued to `client`."""
        return bool(client.client_id == self.client_id)

    def get_scope(self) -> str:
        """Return its scopes, space-separated."""
        return " ".join(self.scopes)

    def is_expired(self) -> bool:
        """Whether it is of no use any more (`TokenMixin`)."""
        return self.is_ended

    def is_revoked(self) -> bool:
        """Whether it was rotated out (`TokenMixin`)."""
        return self.is_used


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """What a token to be issued says."""

    client_id: str
    grant_id: str | None
    family_id: str
    purpose: str
    scopes: Sequence[str]
    authorization_details: Sequence[Mapping[str, Any]]
    dpop_jkt: str | None
    issued_at: datetime
    expires_at: datetime


def issue_token(connection: Connection, kind: TokenKind, token: NewToken) -> str:
    """Store a new token and return its secret, which nobody can read again."""
    secret = mint(ACCESS_TOKEN if kind == "access" else REFRESH_TOKEN)
    connection.execute(
        insert(TOKENS).values(
            token_hash=fingerprint(secret),
            kind=kind,
            client_id=token.client_id,
            grant_id=token.grant_id,
            family_id=token.family_id,
            purpose=token.purpose,
            scopes=list(token.scopes),
            authorization_details=[dict(entry) for entry in token.authorization_details],
            dpop_jkt=token.dpop_jkt if kind == "access" else None,
            issued_at=token.issued_at,
            expires_at=token.expires_at,
        )
    )
    return secret


def find_token(connection: Connection, secret: str, *, now: datetime) -> StoredToken | None:
    """Return the token behind `secret`, live or not, or None when there never was one."""
    if not (is_shaped(secret, ACCESS_TOKEN) or is_shaped(secret, REFRESH_TOKEN)):
        return None
    row = connection.execute(
        select(
            TOKENS,
            GRANTS.c.worker_id,
            GRANTS.c.actor_id,
            GRANTS.c.status.label("grant_status"),
            GRANTS.c.expires_at.label("grant_expires_at"),
        )
        .outerjoin(GRANTS, GRANTS.c.id == TOKENS.c.grant_id)
        .where(TOKENS.c.token_hash == fingerprint(secret))
    ).one_or_none()
    if row is None:
        return None
    grant_is_over = row.grant_id is not None and (row.grant_status != "active" or row.grant_expires_at <= now)
    return StoredToken(
        token_hash=row.token_hash,
        kind=row.kind,
        client_id=row.client_id,
        grant_id=row.grant_id,
        worker_id=row.worker_id,
        actor_id=row.actor_id,
        family_id=row.family_id,
        purpose=row.purpose,
        scopes=tuple(row.scopes),
        authorization_details=row.authorization_details,
        dpop_jkt=row.dpop_jkt,
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        is_used=row.used_at is not None,
        is_ended=row.revoked_at is not None or row.expires_at <= now or grant_is_over,
    )


def use_refresh_token(connection: Connection, token: StoredToken, *, now: datetime) -> bool:
    """Mark the refresh token as used. False when another request was first."""
    used = connection.execute(
        update(TOKENS)
        .where(TOKENS.c.token_hash == token.token_hash, TOKENS.c.used_at.is_(None), TOKENS.c.revoked_at.is_(None))
        .values(used_at=now)
    )
    return used.rowcount == 1


def revoke_token(connection: Connection, token: StoredToken, *, now: datetime) -> None:
    """Revoke an access token alone, or everything that descends from the same code as a refresh token."""
    if token.kind == "refresh":
        revoke_family(connection, token.family_id, now=now)
        return
    connection.execute(
        update(TOKENS)
        .where(TOKENS.c.token_hash == token.token_hash, TOKENS.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def revoke_family(connection: Connection, family_id: str, *, now: datetime) -> None:
    """Revoke every token of a family. The grant stays: ending it is the worker's to do."""
    connection.execute(
        update(TOKENS).where(TOKENS.c.family_id == family_id, TOKENS.c.revoked_at.is_(None)).values(revoked_at=now)
    )
