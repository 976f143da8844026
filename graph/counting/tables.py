"""The tables of counting: what each worker adds, and what is told. Both encrypted.

A contribution goes in the transaction that ends its grant, unlinks an account or erases the worker
(`graph.finding.triggers`). A release holds numbers about many, and stays.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from graph.finding.tables import Instant


class StatisticsContribution(SQLModel, table=True):
    """What one worker adds to one actor's and purpose's counts; `since` is the release from which it is as it is."""

    __tablename__ = "statistics_contribution"

    grant_id: str = Field(primary_key=True, max_length=32)
    worker_id: str = Field(index=True, max_length=32)
    actor_id: str = Field(max_length=64)
    purpose: str = Field(max_length=64)
    since: int
    sealed: bytes = Field(sa_type=LargeBinary)


class StatisticsRelease(SQLModel, table=True):
    """One month's release for one actor and purpose; while it is being made, it has no content but a claim."""

    __tablename__ = "statistics_release"

    actor_id: str = Field(primary_key=True, max_length=64)
    purpose: str = Field(primary_key=True, max_length=64)
    number: int = Field(primary_key=True)
    claimed_until: datetime | None = Field(default=None, sa_type=Instant)
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
