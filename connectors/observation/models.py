"""The rows of observation. Nothing in them is personal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Table
from sqlmodel import Field, SQLModel

from connectors.accounts.columns import Instant


class PlatformTraffic(SQLModel, table=True):
    """Requests to a platform in one minute, summed over processes; `seconds` over the answered ones."""

    __tablename__ = "platform_traffic"

    platform: str = Field(primary_key=True, max_length=32)
    minute: datetime = Field(primary_key=True, sa_type=Instant)
    requests: int = 0
    answered: int = 0
    failed: int = 0
    throttled: int = 0
    retried: int = 0
    slow: int = 0
    seconds: float = 0.0


class PlatformDrift(SQLModel, table=True):
    """A place where answers do not fit the mapping; `place` is the SHA-256 of what tells it from others."""

    __tablename__ = "platform_drift"

    platform: str = Field(primary_key=True, max_length=32)
    place: str = Field(primary_key=True, max_length=64)
    endpoint: str = Field(max_length=200)
    code: str = Field(max_length=32)
    path: str = Field(max_length=500)
    message: str = Field(max_length=500)
    count: int = Field(default=0, sa_type=BigInteger)
    first_seen: datetime = Field(sa_type=Instant)
    last_seen: datetime = Field(sa_type=Instant)


class FieldUse(SQLModel, table=True):
    """How often operations asked for a field of a connector on one day (UTC, `YYYY-MM-DD`)."""

    __tablename__ = "connector_field_use"

    platform: str = Field(primary_key=True, max_length=32)
    coordinate: str = Field(primary_key=True, max_length=200)
    day: str = Field(primary_key=True, max_length=10)
    uses: int = Field(default=0, sa_type=BigInteger)


class RunningProcess(SQLModel, table=True):
    """A process that answers: the generation of the registry that it has loaded, its breakers that are not closed.

    `process` is its number in the roll of processes, which proves that it lives.
    """

    __tablename__ = "connector_process"

    id: str = Field(primary_key=True, max_length=64)
    process: int | None = Field(default=None, sa_type=BigInteger)
    generation: int = Field(sa_type=BigInteger)
    breakers: dict[str, Any] = Field(sa_type=JSON)
    seen_at: datetime = Field(sa_type=Instant)


TRAFFIC: Table = PlatformTraffic.__table__  # type: ignore[attr-defined]
DRIFT: Table = PlatformDrift.__table__  # type: ignore[attr-defined]
USE: Table = FieldUse.__table__  # type: ignore[attr-defined]
PROCESS: Table = RunningProcess.__table__  # type: ignore[attr-defined]
