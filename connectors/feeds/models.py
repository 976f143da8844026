"""The tables of feeds: the last good copy of each, and the openings that were ever seen. Nothing here is personal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, LargeBinary
from sqlmodel import Field, SQLModel

from connectors.accounts.columns import Instant


class FeedCopy(SQLModel, table=True):
    """One feed. `content` is the accepted records as compressed JSON; None until it was read once.

    `claimed_until` says which moment a process that reads it has promised; after `failures` it is left alone longer.
    """

    __tablename__ = "feed_copy"

    platform: str = Field(primary_key=True, max_length=32)
    feed: str = Field(primary_key=True, max_length=64)
    gives: str = Field(max_length=16)
    digest: str = Field(max_length=64)
    content: bytes | None = Field(default=None, sa_type=LargeBinary)
    content_sha256: str | None = Field(default=None, max_length=64)
    validators: dict[str, str] = Field(sa_type=JSON)
    accepted: int = 0
    refused: list[Any] = Field(sa_type=JSON)
    complete: bool = True
    version: str | None = Field(default=None, max_length=32)
    fidelity: str | None = Field(default=None, max_length=16)
    simulated: bool = False
    read_at: datetime | None = Field(default=None, sa_type=Instant)
    checked_at: datetime | None = Field(default=None, sa_type=Instant)
    next_at: datetime = Field(sa_type=Instant)
    claimed_until: datetime = Field(sa_type=Instant)
    failures: int = 0
    error: str | None = Field(default=None, max_length=500)


class FeedOpening(SQLModel, table=True):
    """An opening that a feed has listed, kept for counting after it is gone. `month` is when it was posted."""

    __tablename__ = "feed_opening"
    __table_args__ = (Index("ix_feed_opening_month", "month"),)

    platform: str = Field(primary_key=True, max_length=32)
    ref: str = Field(primary_key=True, max_length=200)
    month: str = Field(max_length=7)
    region: str | None = Field(default=None, max_length=200)
    occupation: str = Field(max_length=300)
    requires: list[str] = Field(sa_type=JSON)
    openings: int = 1
    simulated: bool = False
