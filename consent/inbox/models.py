"""The inbox's tables: what actors asked workers for, and whom a worker does not want to hear from."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import JSON, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from consent.columns import Instant
from consent.models import new_id

RequestStatus = Literal["pending", "granted", "refused", "expired", "cancelled", "replaced"]

_PENDING: Final = text("status = 'pending'")
_DELIVERED: Final = text("status = 'pending' AND worker_id IS NOT NULL")


class ConsentRequest(SQLModel, table=True):
    """A request in somebody's inbox, or in nobody's: `worker_id` is None when it reached no one.

    `addressee_hash` is what the actor named, as this actor names it; `details` what was asked for, resolved
    (`consent.oauth.details.GigRequest`).
    """

    __tablename__ = "consent_request"
    __table_args__ = (
        CheckConstraint(
            "status IN ('pending', 'granted', 'refused', 'expired', 'cancelled', 'replaced')",
            name="ck_consent_request_status",
        ),
        CheckConstraint("(status = 'granted') = (grant_id IS NOT NULL)", name="ck_consent_request_grant"),
        CheckConstraint("(status = 'pending') = (answered_at IS NULL)", name="ck_consent_request_answered"),
        Index(
            "uq_consent_request_delivered",
            *("worker_id", "actor_id", "purpose"),
            unique=True,
            sqlite_where=_DELIVERED,
            postgresql_where=_DELIVERED,
        ),
        Index(
            "uq_consent_request_addressed",
            *("actor_id", "addressee_hash", "purpose"),
            unique=True,
            sqlite_where=_PENDING,
            postgresql_where=_PENDING,
        ),
        Index("ix_consent_request_made", "actor_id", "created_at"),
        Index("ix_consent_request_due", "status", "expires_at"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    client_id: str = Field(max_length=64)
    actor_id: str = Field(foreign_key="actor.id", max_length=64)
    worker_id: str | None = Field(default=None, foreign_key="worker.id", index=True, max_length=32)
    addressee_hash: str = Field(max_length=64)
    purpose: str = Field(max_length=64)
    details: dict[str, Any] = Field(sa_type=JSON)
    status: str = Field(default="pending", max_length=16)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    grant_id: str | None = Field(default=None, foreign_key="consent_grant.id", max_length=32)


class ActorBlock(SQLModel, table=True):
    """A worker does not want requests from an actor. The actor is not told."""

    __tablename__ = "actor_block"

    worker_id: str = Field(primary_key=True, foreign_key="worker.id", max_length=32)
    actor_id: str = Field(primary_key=True, foreign_key="actor.id", max_length=64)
    created_at: datetime = Field(sa_type=Instant)
