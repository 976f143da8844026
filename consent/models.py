"""The consent tables: people and actors, the vocabulary, grants and their items, gates, leases, events.

Triggers and the rules that they keep are in `ddl.py` and are created together with the tables.
Ids are 32 hex digits of a random UUID (`new_id`), instants are UTC. The authorization server's tables
(clients, codes, tokens, sessions) are in `consent.oauth.models` and `consent.signin.models`.
A token is live only while its grant is: join `consent_grant.status = 'active'`.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from consent.columns import Instant, serial

GrantStatus = Literal["active", "withdrawn", "revoked", "expired", "superseded", "invalidated"]
"""`active` or one of the final states, see the drawing in `consent/__init__.py`."""


def new_id() -> str:
    """Return a fresh random id: 32 hex digits."""
    return uuid.uuid4().hex


class Organization(SQLModel, table=True):
    """Who takes part: an actor, a platform, or the operator of this Gigway (`operator`, the one of its kind).

    People belong to it (`consent.console.models.Membership`). `pending` waits for an operator: its members cannot do
    anything for it yet. An actor's organization has up to two rows of `actor`: a test one at once, a live one later.
    """

    __tablename__ = "organization"
    __table_args__ = (
        CheckConstraint("kind IN ('actor', 'platform', 'operator')", name="ck_organization_kind"),
        CheckConstraint("status IN ('pending', 'active', 'refused')", name="ck_organization_status"),
        CheckConstraint("(kind = 'platform') = (platform IS NOT NULL)", name="ck_organization_platform"),
        CheckConstraint("(kind = 'operator') = (id = 'operator')", name="ck_organization_operator"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    kind: str = Field(max_length=16)
    name: str = Field(max_length=200)
    platform: str | None = Field(default=None, unique=True, max_length=64)
    status: str = Field(default="active", max_length=16)
    created_at: datetime = Field(sa_type=Instant)


class Worker(SQLModel, table=True):
    """A data subject. `erased` is final. `is_test`: made for tests, so that test actors may be granted something."""

    __tablename__ = "worker"
    __table_args__ = (CheckConstraint("status IN ('active', 'erased')", name="ck_worker_status"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    status: str = Field(default="active", max_length=16)
    display_name: str | None = Field(default=None, max_length=200)
    locale: str = Field(default="en", max_length=16)
    is_test: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    created_at: datetime = Field(sa_type=Instant)


class Actor(SQLModel, table=True):
    """A matching actor, as shown to the worker. `categories` and `purposes` are what it is registered for.

    One with `is_test` may be granted something by test workers only; its organization's live one is another row,
    so that ids, grants and accesses of tests never join those of real workers.
    `max_cost` and `cost_per_minute` are what its queries may cost; None for what every actor may (`oauth/spending.py`).
    """

    __tablename__ = "actor"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'suspended')", name="ck_actor_status"),
        UniqueConstraint("organization_id", "is_test", name="uq_actor_organization"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=64)
    version: int = Field(default=1)
    legal_name: str = Field(max_length=200)
    trading_name: str = Field(max_length=200)
    address: str | None = Field(default=None, max_length=500)
    contact: str | None = Field(default=None, max_length=200)
    jurisdiction: str | None = Field(default=None, max_length=16)
    privacy_notice: str | None = Field(default=None, max_length=2048)
    categories: list[str] = Field(default_factory=list, sa_type=JSON)
    purposes: list[str] = Field(default_factory=list, sa_type=JSON)
    is_test: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    organization_id: str | None = Field(default=None, foreign_key="organization.id", max_length=32)
    status: str = Field(default="active", max_length=16)
    max_cost: int | None = Field(default=None)
    cost_per_minute: int | None = Field(default=None)
    created_at: datetime = Field(sa_type=Instant)


class Category(SQLModel, table=True):
    """One version of a category of data (`vocabulary.py`)."""

    __tablename__ = "category"

    id: str = Field(primary_key=True, max_length=32)
    version: int = Field(primary_key=True)
    title: str = Field(max_length=100)
    text: str
    sensitivity: str = Field(default="normal", max_length=16)
    any_platform: bool = False
    forbidden: bool = False


class Purpose(SQLModel, table=True):
    """One version of a purpose, with the longest time for which it may be granted."""

    __tablename__ = "purpose"

    id: str = Field(primary_key=True, max_length=64)
    version: int = Field(primary_key=True)
    title: str = Field(max_length=100)
    text: str
    max_days: int


class PurposeCategory(SQLModel, table=True):
    """A category that a version of a purpose may ask for."""

    __tablename__ = "purpose_category"
    __table_args__ = (ForeignKeyConstraint(["purpose_id", "purpose_version"], ["purpose.id", "purpose.version"]),)

    purpose_id: str = Field(primary_key=True, max_length=64)
    purpose_version: int = Field(primary_key=True)
    category_id: str = Field(primary_key=True, max_length=32)


class ConsentGrant(SQLModel, table=True):
    """A worker's consent for one actor and one purpose. `epoch` counts its changes, `version` its renewals."""

    __tablename__ = "consent_grant"
    __table_args__ = (
        CheckConstraint(
            "status IN ('active', 'withdrawn', 'revoked', 'expired', 'superseded', 'invalidated')",
            name="ck_consent_grant_status",
        ),
        CheckConstraint("expires_at > granted_at", name="ck_consent_grant_expiry"),
        CheckConstraint(
            "(status = 'active' AND ended_at IS NULL) OR (status <> 'active' AND ended_at IS NOT NULL)",
            name="ck_consent_grant_ended",
        ),
        ForeignKeyConstraint(["purpose", "purpose_version"], ["purpose.id", "purpose.version"]),
        ForeignKeyConstraint(["actor_id", "actor_version"], ["actor_version.actor_id", "actor_version.version"]),
        Index("ix_consent_grant_covering", "worker_id", "actor_id", "purpose", "status"),
        Index("ix_consent_grant_due", "status", "expires_at"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    worker_id: str = Field(foreign_key="worker.id", max_length=32)
    client_id: str = Field(index=True, max_length=64)
    actor_id: str = Field(foreign_key="actor.id", index=True, max_length=64)
    actor_version: int = 1
    purpose: str = Field(max_length=64)
    purpose_version: int = 1
    status: str = Field(default="active", max_length=16)
    epoch: int = 1
    version: int = 1
    parent_id: str | None = Field(default=None, foreign_key="consent_grant.id", max_length=32)
    granted_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    end_reason: str | None = Field(default=None, max_length=64)
    locale: str = Field(max_length=16)
    notice_sha256: str = Field(max_length=64)
    screen_sha256: str = Field(max_length=64)
    amr: list[str] = Field(default_factory=list, sa_type=JSON)


class GrantItem(SQLModel, table=True):
    """One platform × category of a grant; what the worker refused is kept with `granted` false."""

    __tablename__ = "grant_item"

    grant_id: str = Field(primary_key=True, foreign_key="consent_grant.id", max_length=32)
    platform: str = Field(primary_key=True, max_length=64)
    category: str = Field(primary_key=True, max_length=32)
    category_version: int = 1
    granted: bool


class SubjectGate(SQLModel, table=True):
    """Whether one worker's account at one platform may be read at all. Written by account linking."""

    __tablename__ = "subject_gate"

    account_id: str = Field(primary_key=True, max_length=64)
    worker_id: str = Field(foreign_key="worker.id", index=True, max_length=32)
    platform: str = Field(index=True, max_length=64)
    open: bool
    reason: str | None = Field(default=None, max_length=64)
    updated_at: datetime = Field(sa_type=Instant)


class PlatformGate(SQLModel, table=True):
    """Whether a platform may be read at all; no row means that it may not."""

    __tablename__ = "platform_gate"

    platform: str = Field(primary_key=True, max_length=64)
    open: bool
    reason: str | None = Field(default=None, max_length=64)
    updated_at: datetime = Field(sa_type=Instant)


class ClientGate(SQLModel, table=True):
    """A client that was disabled. No row means that its registration decides (checked with its token)."""

    __tablename__ = "client_gate"

    client_id: str = Field(primary_key=True, max_length=64)
    open: bool
    reason: str | None = Field(default=None, max_length=64)
    updated_at: datetime = Field(sa_type=Instant)


class GatewayProcess(SQLModel, table=True):
    """A process that may hold leases, and what proves that it lives: `proof` names its lock.

    `master_keys` names the keys that it seals secrets with, newest first: none may be taken away while it is in use.
    """

    __tablename__ = "gateway_process"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True, sa_type=serial())
    kind: str = Field(max_length=16)
    proof: str = Field(max_length=500)
    host: str = Field(max_length=200)
    master_keys: str = Field(default="", max_length=500, sa_column_kwargs={"server_default": ""})
    started_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class FetchLease(SQLModel, table=True):
    """An open permission for one fetch. The row is deleted when it is acknowledged, or its process proven dead.

    `grant_id` is None when workers read their own data, `account_id` None when nothing but ourselves is read.
    No foreign keys: the statement that inserts has just read what they would check. No indexes: the table
    holds what is being fetched at this moment, a few hundred rows that come and go.
    """

    __tablename__ = "fetch_lease"

    id: int = Field(primary_key=True, sa_type=serial(), sa_column_kwargs={"autoincrement": False})
    process_id: int = Field(sa_type=serial())
    grant_id: str | None = Field(default=None, max_length=32)
    worker_id: str = Field(max_length=32)
    actor_id: str | None = Field(default=None, max_length=64)
    client_id: str | None = Field(default=None, max_length=64)
    account_id: str | None = Field(default=None, max_length=64)
    platform: str = Field(max_length=64)
    categories: str = Field(max_length=400)
    started_at: datetime = Field(sa_type=Instant)


class StopNotice(SQLModel, table=True):
    """One line per permission that ended, written by triggers: what other processes read to cut their fetches.

    `kind` is `grant`, `account`, `platform`, `client`, `worker` or `actor`; `ref` its id.
    """

    __tablename__ = "stop_notice"
    __table_args__ = ({"sqlite_autoincrement": True},)

    seq: int | None = Field(default=None, primary_key=True, sa_type=serial())
    kind: str = Field(max_length=16)
    ref: str = Field(max_length=64)


class AccessEvent(SQLModel, table=True):
    """One access, allowed or denied, to one category of one worker's data. Never changed, never deleted.

    `records` counts entities in the answer; `repeats` the equal denials that this row stands for.
    `salt` blinds the leaf that the audit log commits to.
    """

    __tablename__ = "access_event"
    __table_args__ = (
        CheckConstraint("decision IN ('allow', 'deny')", name="ck_access_event_decision"),
        Index("ix_access_event_worker", "worker_id", "id"),
        Index("ix_access_event_actor", "actor_id", "at"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=serial())
    at: datetime = Field(sa_type=Instant)
    worker_id: str = Field(max_length=32)
    actor_id: str | None = Field(default=None, max_length=64)
    client_id: str | None = Field(default=None, max_length=64)
    grant_id: str | None = Field(default=None, max_length=32)
    lease_id: int | None = Field(default=None, sa_type=serial())
    purpose: str | None = Field(default=None, max_length=64)
    platform: str = Field(max_length=64)
    account_id: str | None = Field(default=None, max_length=64)
    category: str = Field(max_length=32)
    decision: str = Field(max_length=8)
    reason: str | None = Field(default=None, max_length=32)
    records: int = 0
    repeats: int = 1
    request_id: str | None = Field(default=None, max_length=64)
    token_ref: str | None = Field(default=None, max_length=32)
    salt: str = Field(max_length=32)


class ConsentEvent(SQLModel, table=True):
    """One change of a grant or a gate: `type` is `source:subject:action`. Never changed, never deleted."""

    __tablename__ = "consent_event"
    __table_args__ = ({"sqlite_autoincrement": True},)

    seq: int | None = Field(default=None, primary_key=True, sa_type=serial())
    at: datetime = Field(sa_type=Instant)
    type: str = Field(max_length=64)
    grant_id: str | None = Field(default=None, index=True, max_length=32)
    worker_id: str | None = Field(default=None, index=True, max_length=32)
    by_kind: str = Field(max_length=16)
    by_id: str | None = Field(default=None, max_length=64)
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    salt: str = Field(default_factory=new_id, max_length=32)


class ContactCode(SQLModel, table=True):
    """A code that a worker hands to an actor so that it can ask. Stored hashed; carries no data."""

    __tablename__ = "contact_code"

    code_hash: str = Field(primary_key=True, max_length=64)
    worker_id: str = Field(foreign_key="worker.id", index=True, max_length=32)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
