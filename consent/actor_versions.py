"""What workers read of an actor, version by version: a grant says as whom its actor was shown.

The database keeps the versions itself (`ddl.py`): each new or reworded actor adds one, and none ever changes.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from consent.columns import Instant

SHOWN = ("legal_name", "trading_name", "address", "contact", "jurisdiction", "privacy_notice")
"""The columns of an actor that workers read: when one changes, `actor.version` rises."""


class ActorVersion(SQLModel, table=True):
    """One version of what workers read of an actor. `since` is when the database began to have it."""

    __tablename__ = "actor_version"

    actor_id: str = Field(primary_key=True, foreign_key="actor.id", max_length=64)
    version: int = Field(primary_key=True)
    legal_name: str = Field(max_length=200)
    trading_name: str = Field(max_length=200)
    address: str | None = Field(default=None, max_length=500)
    contact: str | None = Field(default=None, max_length=200)
    jurisdiction: str | None = Field(default=None, max_length=16)
    privacy_notice: str | None = Field(default=None, max_length=2048)
    since: datetime = Field(sa_type=Instant)
