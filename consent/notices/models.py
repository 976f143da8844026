"""The outbox's tables: one row per notice, and how far the consent events were read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from consent.columns import Instant, serial


class NoticeDelivery(SQLModel, table=True):
    """A notice on its way to one client. `token` is the signed notice; it is dropped once it is of no use.

    A grant ends once and a request is answered once, so there is one notice about it. `attempts` counts claims and
    tells one from the next.
    """

    __tablename__ = "notice_delivery"
    __table_args__ = (
        UniqueConstraint("grant_id", name="uq_notice_delivery_grant"),
        UniqueConstraint("request_id", name="uq_notice_delivery_request"),
        CheckConstraint("(grant_id IS NULL) <> (request_id IS NULL)", name="ck_notice_delivery_about"),
        CheckConstraint("delivered_at IS NULL OR given_up_at IS NULL", name="ck_notice_delivery_one_end"),
        CheckConstraint(
            "(token IS NULL) = (delivered_at IS NOT NULL OR given_up_at IS NOT NULL)", name="ck_notice_delivery_token"
        ),
        Index("ix_notice_delivery_due", "next_at"),
    )

    jti: str = Field(primary_key=True, max_length=32)
    event_seq: int = Field(sa_type=serial())
    client_id: str = Field(foreign_key="client.id", index=True, max_length=64)
    grant_id: str | None = Field(default=None, foreign_key="consent_grant.id", max_length=32)
    request_id: str | None = Field(default=None, foreign_key="consent_request.id", max_length=32)
    token: str | None = Field(default=None, repr=False)
    created_at: datetime = Field(sa_type=Instant)
    attempts: int = 0
    next_at: datetime | None = Field(default=None, sa_type=Instant)
    delivered_at: datetime | None = Field(default=None, sa_type=Instant)
    given_up_at: datetime | None = Field(default=None, sa_type=Instant)
    last_error: str | None = Field(default=None, max_length=32)


class NoticeCursor(SQLModel, table=True):
    """The one row that says up to which consent event the outbox was fed."""

    __tablename__ = "notice_cursor"
    __table_args__ = (CheckConstraint("id = 1", name="ck_notice_cursor_one"),)

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    seq: int = Field(default=0, sa_type=serial())
