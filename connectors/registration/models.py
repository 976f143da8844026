"""The tables of registration."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKeyConstraint, Integer, UniqueConstraint
from sqlmodel import Field, SQLModel

from connectors.accounts.columns import Instant

VersionStatus = Literal["SUBMITTED", "TESTED", "FAILED", "REJECTED", "LIVE", "RETIRED"]
Action = Literal["SUBMIT", "TEST", "APPROVE", "REJECT", "ROLLBACK", "SUSPEND", "RESUME"]

_SERIAL = BigInteger().with_variant(Integer(), "sqlite")


class ConnectorVersion(SQLModel, table=True):
    """One submitted SDL. Its text never changes; `report` is the conformance run's lines."""

    __tablename__ = "connector_version"
    __table_args__ = (
        UniqueConstraint("platform", "version", name="uq_connector_version"),
        CheckConstraint(
            "status IN ('SUBMITTED', 'TESTED', 'FAILED', 'REJECTED', 'LIVE', 'RETIRED')",
            name="ck_connector_version_status",
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=_SERIAL)
    platform: str = Field(max_length=32)
    version: str = Field(max_length=32)
    digest: str = Field(max_length=64)
    sdl: str
    status: str = Field(default="SUBMITTED", max_length=16)
    submitted_by: str = Field(max_length=200)
    submitted_at: datetime = Field(sa_type=Instant)
    report: list[Any] | None = Field(default=None, sa_type=JSON)


class ConformanceRun(SQLModel, table=True):
    """A conformance run that has begun and has not written its report: it runs in `process`, or was lost with it."""

    __tablename__ = "connector_run"
    __table_args__ = (ForeignKeyConstraint(["version_id"], ["connector_version.id"], name="fk_connector_run_version"),)

    version_id: int = Field(primary_key=True, sa_type=BigInteger)
    process: int | None = Field(default=None, sa_type=BigInteger)
    started_at: datetime = Field(sa_type=Instant)
    started_by: str = Field(max_length=200)


class LiveConnector(SQLModel, table=True):
    """Which version of a platform is live, and whether the platform is suspended."""

    __tablename__ = "live_connector"
    __table_args__ = (ForeignKeyConstraint(["version_id"], ["connector_version.id"], name="fk_live_connector_version"),)

    platform: str = Field(primary_key=True, max_length=32)
    version_id: int = Field(sa_type=BigInteger)
    suspended: bool = False


class ConnectorChange(SQLModel, table=True):
    """The history. Its highest id is the generation that processes compare theirs with."""

    __tablename__ = "connector_change"

    id: int | None = Field(default=None, primary_key=True, sa_type=_SERIAL)
    platform: str = Field(max_length=32, index=True)
    version_id: int | None = Field(default=None, sa_type=BigInteger)
    action: str = Field(max_length=16)
    by: str = Field(max_length=200)
    note: str | None = Field(default=None, max_length=500)
    at: datetime = Field(sa_type=Instant)
