"""Tables of signing in. Session ids and form keys are stored as SHA-256 fingerprints, passwords as argon2id."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from consent.columns import Instant, serial
from consent.models import Worker, new_id
from consent.oauth.models import table_of


class WorkerCredential(SQLModel, table=True):
    """One way in which a worker proves who they are. `name` finds it: a login, a key id, an issuer and subject."""

    __tablename__ = "worker_credential"
    __table_args__ = (
        UniqueConstraint("kind", "name", name="uq_worker_credential_name"),
        CheckConstraint("kind IN ('password', 'totp', 'passkey', 'oidc')", name="ck_worker_credential_kind"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    worker_id: str = Field(foreign_key="worker.id", index=True, max_length=32)
    kind: str = Field(max_length=16)
    name: str = Field(max_length=512)
    secret: str | None = Field(default=None, repr=False)
    public: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    sign_count: int = 0
    created_at: datetime = Field(sa_type=Instant)
    last_used_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)


class WorkerSession(SQLModel, table=True):
    """A signed-in browser. It ends by `revoked_at`, or at either expiry."""

    __tablename__ = "worker_session"

    id_hash: str = Field(primary_key=True, max_length=64)
    worker_id: str = Field(foreign_key="worker.id", index=True, max_length=32)
    amr: list[str] = Field(default_factory=list, sa_type=JSON)
    auth_time: datetime = Field(sa_type=Instant)
    idle_expires_at: datetime = Field(sa_type=Instant)
    absolute_expires_at: datetime = Field(index=True, sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)


class SignInAttempt(SQLModel, table=True):
    """One try under one key (a hash of login, address or both), kept for as long as it counts."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_key", "key_hash", "at"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True, sa_type=serial())
    key_hash: str = Field(max_length=64)
    at: datetime = Field(sa_type=Instant)


class SignInState(SQLModel, table=True):
    """What must be remembered between two requests of one sign-in, once: a challenge, a nonce, a verifier."""

    __tablename__ = "sign_in_state"

    id_hash: str = Field(primary_key=True, max_length=64)
    kind: str = Field(max_length=16)
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    expires_at: datetime = Field(index=True, sa_type=Instant)


CREDENTIALS = table_of(WorkerCredential)
SESSIONS = table_of(WorkerSession)
ATTEMPTS = table_of(SignInAttempt)
STATES = table_of(SignInState)
WORKERS = table_of(Worker)
