"""The tables of linking: what must be remembered between its start and its end."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from connectors.accounts.columns import Instant


class LinkAttempt(SQLModel, table=True):
    """One attempt. The state itself is never stored, only its digest; the PKCE verifier is sealed."""

    __tablename__ = "link_attempt"

    state_digest: str = Field(primary_key=True, max_length=64)
    worker_id: str = Field(max_length=64)
    platform: str = Field(max_length=32)
    verifier: bytes | None = Field(default=None, sa_type=LargeBinary)
    return_to: str | None = Field(default=None, max_length=500)
    expires_at: datetime = Field(sa_type=Instant, index=True)


class LinkClaim(SQLModel, table=True):
    """A record that a worker says is theirs, with the code that proves it. Its id is only kept as a digest."""

    __tablename__ = "link_claim"

    id_digest: str = Field(primary_key=True, max_length=64)
    worker_id: str = Field(max_length=64, index=True)
    platform: str = Field(max_length=32)
    target_digest: str = Field(max_length=64, index=True)
    sealed: bytes = Field(sa_type=LargeBinary)
    return_to: str | None = Field(default=None, max_length=500)
    tries_left: int
    opened_at: datetime = Field(sa_type=Instant, index=True)
