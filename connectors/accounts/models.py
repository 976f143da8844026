"""The table of linked accounts."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from connectors.accounts.columns import Instant

AccountStatus = Literal["OK", "RELINK_NEEDED", "UNLINKED"]


def new_account_id() -> str:
    """Return a fresh id."""
    return f"acct_{uuid.uuid4().hex}"


class LinkedAccount(SQLModel, table=True):
    """A worker's account at one platform.

    `reference_digest` is a keyed digest of the platform's own id of the account: it finds the account again and
    tells nothing. `credential` is sealed by the vault; `version` counts its changes. `refresh_until` is held by the
    process that refreshes it.
    """

    __tablename__ = "linked_account"
    __table_args__ = (
        CheckConstraint("status IN ('OK', 'RELINK_NEEDED', 'UNLINKED')", name="ck_linked_account_status"),
        Index("ix_linked_account_worker", "worker_id", "platform"),
        Index(
            "uq_linked_account_reference",
            "platform",
            "reference_digest",
            unique=True,
            sqlite_where=text("status <> 'UNLINKED'"),
            postgresql_where=text("status <> 'UNLINKED'"),
        ),
    )

    id: str = Field(default_factory=new_account_id, primary_key=True, max_length=40)
    worker_id: str = Field(max_length=64)
    platform: str = Field(max_length=32)
    status: str = Field(default="OK", max_length=16)
    reason: str | None = Field(default=None, max_length=64)
    reference_digest: str = Field(max_length=64)
    credential: bytes | None = Field(default=None, sa_type=LargeBinary)
    expires_at: datetime | None = Field(default=None, sa_type=Instant)
    version: int = Field(default=1)
    refresh_until: datetime | None = Field(default=None, sa_type=Instant)
    linked_at: datetime = Field(sa_type=Instant)
    updated_at: datetime = Field(sa_type=Instant)
