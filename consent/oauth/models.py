"""The authorization server's tables: clients, authorization requests, codes, tokens.

Secrets are held as SHA-256 fingerprints only (`machine_secrets.py` says why that is enough); a fingerprint is the
primary key, so that finding one and checking it are the same thing. Used and revoked rows stay as tombstones:
without them a replay could not be told from a guess.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Table
from sqlmodel import Field, SQLModel

from consent.columns import Instant
from consent.models import Actor, ClientGate, ConsentGrant, GrantItem, Organization


class OAuthClient(SQLModel, table=True):
    """Software of an actor, which queries; or of a platform or operator, which administers (`kind`).

    An actor's client is a test one if the actor is. A platform's or operator's has an organization and a `role`
    in it, and only the client credentials grant.
    `profile` says which rules it keeps: OAuth 2.1 (`baseline`) or the FAPI 2.0 Security Profile (`fapi2`).
    After a rotation the previous secret works until `previous_secret_until`.
    """

    __tablename__ = "client"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'disabled')", name="ck_client_status"),
        CheckConstraint("kind IN ('actor', 'platform', 'operator')", name="ck_client_kind"),
        CheckConstraint("(kind = 'actor') = (actor_id IS NOT NULL)", name="ck_client_actor"),
        CheckConstraint("(kind = 'actor') = (organization_id IS NULL)", name="ck_client_organization"),
        CheckConstraint("(kind = 'actor') = (role IS NULL)", name="ck_client_role"),
        CheckConstraint("auth_method IN ('client_secret_basic', 'private_key_jwt')", name="ck_client_auth_method"),
    )

    id: str = Field(primary_key=True, max_length=64)
    kind: str = Field(default="actor", max_length=16, sa_column_kwargs={"server_default": "actor"})
    actor_id: str | None = Field(default=None, foreign_key="actor.id", index=True, max_length=64)
    organization_id: str | None = Field(default=None, foreign_key="organization.id", index=True, max_length=32)
    role: str | None = Field(default=None, max_length=16)
    name: str = Field(max_length=200)
    profile: str = Field(default="baseline", max_length=16, sa_column_kwargs={"server_default": "baseline"})
    auth_method: str = Field(default="client_secret_basic", max_length=32)
    secret_hash: str | None = Field(default=None, max_length=64, repr=False)
    previous_secret_hash: str | None = Field(default=None, max_length=64, repr=False)
    previous_secret_until: datetime | None = Field(default=None, sa_type=Instant)
    jwks: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    redirect_uris: list[str] = Field(default_factory=list, sa_type=JSON)
    event_push_url: str | None = Field(default=None, max_length=2048)
    categories: list[str] = Field(default_factory=list, sa_type=JSON)
    purposes: list[str] = Field(default_factory=list, sa_type=JSON)
    status: str = Field(default="active", max_length=16)
    created_at: datetime = Field(sa_type=Instant)


class AuthorizationRequest(SQLModel, table=True):
    """A validated authorization request, kept so that what is decided is what was shown.

    `parameters` are the request's own, `details` what they were resolved to; both never change.
    `answered_at` is set once, by the one answer that counts. A pushed request (RFC 9126) may be brought to the
    authorization endpoint until `presentable_until`. `asked` names the request in a worker's inbox
    (`consent.inbox`) that it is; without a redirect URI among its parameters it is answered there only.
    """

    __tablename__ = "authorization_request"

    handle_hash: str = Field(primary_key=True, max_length=64)
    client_id: str = Field(foreign_key="client.id", index=True, max_length=64)
    parameters: dict[str, str] = Field(sa_type=JSON)
    details: dict[str, Any] = Field(sa_type=JSON)
    dpop_jkt: str | None = Field(default=None, max_length=43)
    presentable_until: datetime | None = Field(default=None, sa_type=Instant)
    asked: str | None = Field(default=None, unique=True, max_length=32)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    answered_at: datetime | None = Field(default=None, sa_type=Instant)


class AuthCode(SQLModel, table=True):
    """An authorization code: redeemed at most once, by the client it was issued to."""

    __tablename__ = "auth_code"

    code_hash: str = Field(primary_key=True, max_length=64)
    grant_id: str = Field(foreign_key="consent_grant.id", index=True, max_length=32)
    client_id: str = Field(foreign_key="client.id", index=True, max_length=64)
    redirect_uri: str = Field(max_length=2048)
    code_challenge: str = Field(max_length=43)
    dpop_jkt: str | None = Field(default=None, max_length=43)
    family_id: str = Field(index=True, max_length=32)
    expires_at: datetime = Field(sa_type=Instant)
    used_at: datetime | None = Field(default=None, sa_type=Instant)


class OAuthToken(SQLModel, table=True):
    """An access or refresh token. Without `grant_id` it is the actor's own (client credentials).

    All tokens that descend from one code share `family_id`: a replayed code or refresh token ends the family.
    With `dpop_jkt` it is of use only with a proof by that key (RFC 9449).
    """

    __tablename__ = "token"
    __table_args__ = (
        CheckConstraint("kind IN ('access', 'refresh')", name="ck_token_kind"),
        CheckConstraint("kind = 'access' OR grant_id IS NOT NULL", name="ck_token_refresh_has_grant"),
    )

    token_hash: str = Field(primary_key=True, max_length=64)
    kind: str = Field(max_length=8)
    client_id: str = Field(foreign_key="client.id", index=True, max_length=64)
    grant_id: str | None = Field(default=None, foreign_key="consent_grant.id", index=True, max_length=32)
    family_id: str = Field(index=True, max_length=32)
    purpose: str = Field(max_length=64)
    scopes: list[str] = Field(default_factory=list, sa_type=JSON)
    authorization_details: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    dpop_jkt: str | None = Field(default=None, max_length=43)
    issued_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(index=True, sa_type=Instant)
    used_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)


class Replay(SQLModel, table=True):
    """Something that may be used once, kept until it would be refused anyway: a `jti` of an assertion or proof."""

    __tablename__ = "replay"

    key_hash: str = Field(primary_key=True, max_length=64)
    expires_at: datetime = Field(index=True, sa_type=Instant)


class RegistrationToken(SQLModel, table=True):
    """A bearer of dynamic client registration, stored hashed.

    Without `client_id` it is an initial access token (RFC 7591 §3), good for `uses_left` test clients of the actor;
    with it, the registration access token of that client (RFC 7592).
    """

    __tablename__ = "registration_token"

    token_hash: str = Field(primary_key=True, max_length=64)
    actor_id: str = Field(foreign_key="actor.id", index=True, max_length=64)
    client_id: str | None = Field(default=None, foreign_key="client.id", unique=True, max_length=64)
    created_by: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime | None = Field(default=None, index=True, sa_type=Instant)
    uses_left: int | None = None


class Spending(SQLModel, table=True):
    """Until when a budget is spent (`spending.py`), in seconds since 1970. `asker` is an actor, or `anonymous`."""

    __tablename__ = "spending"

    asker: str = Field(primary_key=True, max_length=64)
    spent_until: float


def table_of(model: type[SQLModel]) -> Table:
    """Return the table of `model`, for statements over columns.

    They are faster than entities and never stale: a session's identity map may answer with an old object.
    """
    return SQLModel.metadata.tables[str(model.__tablename__)]


CLIENTS = table_of(OAuthClient)
REQUESTS = table_of(AuthorizationRequest)
CODES = table_of(AuthCode)
TOKENS = table_of(OAuthToken)
REPLAYS = table_of(Replay)
REGISTRATION_TOKENS = table_of(RegistrationToken)
SPENDING = table_of(Spending)
ACTORS = table_of(Actor)
ORGANIZATIONS = table_of(Organization)
GRANTS = table_of(ConsentGrant)
GRANT_ITEMS = table_of(GrantItem)
GATES = table_of(ClientGate)
