"""The tables of being found. Everything that tells of a worker is encrypted and bound to its row's key.

`matching_vector` has what is derived under a grant, `matching_wishes` what a worker wants. `matching_pool` counts the
changes of one actor's and purpose's vectors, and `matching_change` has the number of the last one of each grant: how
processes keep their memory in step. `matching_task` is when a vector is due. `matching_ranking` is the log of rankings,
`matching_shown` its part about one worker. `triggers` says what takes rows away.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, DateTime, Dialect, Index, Integer, LargeBinary
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

if TYPE_CHECKING:
    _InstantType = TypeDecorator[datetime]
else:
    _InstantType = TypeDecorator


class Instant(_InstantType):
    """An aware instant, in UTC: SQLite keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Write it in UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read it as UTC."""
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _number() -> BigInteger:
    return BigInteger().with_variant(Integer(), "sqlite")


class MatchingVector(SQLModel, table=True):
    """A worker's profile under one grant."""

    __tablename__ = "matching_vector"

    grant_id: str = Field(primary_key=True, max_length=32)
    worker_id: str = Field(index=True, max_length=32)
    actor_id: str = Field(max_length=64)
    purpose: str = Field(max_length=64)
    expires_at: datetime = Field(sa_type=Instant)
    computed_at: datetime = Field(sa_type=Instant)
    sealed: bytes = Field(sa_type=LargeBinary)


class MatchingPool(SQLModel, table=True):
    """How often the vectors of one actor and purpose have changed: its row lock puts the changes in order."""

    __tablename__ = "matching_pool"

    actor_id: str = Field(primary_key=True, max_length=64)
    purpose: str = Field(primary_key=True, max_length=64)
    version: int = Field(sa_type=_number())


class MatchingChange(SQLModel, table=True):
    """The last change of one grant's vector. A grant that ended keeps this row, which says nothing but that."""

    __tablename__ = "matching_change"
    __table_args__ = (Index("ix_matching_change_version", "actor_id", "purpose", "version"),)

    grant_id: str = Field(primary_key=True, max_length=32)
    actor_id: str = Field(max_length=64)
    purpose: str = Field(max_length=64)
    version: int = Field(sa_type=_number())


class MatchingTask(SQLModel, table=True):
    """When a grant's vector is to be computed, and until when a process has claimed to be doing so."""

    __tablename__ = "matching_task"

    grant_id: str = Field(primary_key=True, max_length=32)
    worker_id: str = Field(index=True, max_length=32)
    due_at: datetime = Field(index=True, sa_type=Instant)
    claimed_until: datetime | None = Field(default=None, sa_type=Instant)
    failures: int = 0


class MatchingWishes(SQLModel, table=True):
    """What a worker wants of work."""

    __tablename__ = "matching_wishes"

    worker_id: str = Field(primary_key=True, max_length=32)
    updated_at: datetime = Field(sa_type=Instant)
    sealed: bytes = Field(sa_type=LargeBinary)


class MatchingRanking(SQLModel, table=True):
    """One ranking that was shown: what was asked, by whom, with which model. Nothing of a worker."""

    __tablename__ = "matching_ranking"

    id: str = Field(primary_key=True, max_length=32)
    at: datetime = Field(index=True, sa_type=Instant)
    actor_id: str = Field(max_length=64)
    purpose: str = Field(max_length=64)
    request_id: str = Field(max_length=64)
    opportunity_id: str = Field(max_length=200)
    taxonomy: str = Field(max_length=64)
    model: str = Field(max_length=32)
    pool_version: int = Field(sa_type=_number())
    shown: int
    sealed: bytes = Field(sa_type=LargeBinary)


class MatchingShown(SQLModel, table=True):
    """One worker in one ranking: place, score, features and the profile that they were worked out from."""

    __tablename__ = "matching_shown"

    ranking_id: str = Field(primary_key=True, max_length=32)
    grant_id: str = Field(primary_key=True, index=True, max_length=32)
    worker_id: str = Field(index=True, max_length=32)
    sealed: bytes = Field(sa_type=LargeBinary)
