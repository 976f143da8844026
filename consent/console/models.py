"""The console's tables: who belongs to an organization, who is invited, what waits for an operator's decision."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from consent.columns import Instant
from consent.models import new_id
from consent.oauth.models import table_of


class Membership(SQLModel, table=True):
    """A person with a role in an organization. People sign in as workers do, so they are rows of `worker`."""

    __tablename__ = "membership"
    __table_args__ = (
        CheckConstraint(
            "role IN ('administrator', 'approver', 'auditor', 'owner', 'developer')", name="ck_membership_role"
        ),
        CheckConstraint(
            "(organization_id = 'operator') = (role IN ('administrator', 'approver', 'auditor'))",
            name="ck_membership_role_fits",
        ),
    )

    organization_id: str = Field(primary_key=True, foreign_key="organization.id", max_length=32)
    worker_id: str = Field(primary_key=True, foreign_key="worker.id", index=True, max_length=32)
    role: str = Field(max_length=16)
    since: datetime = Field(sa_type=Instant)


class ConsoleInvitation(SQLModel, table=True):
    """A one-time link into an organization, stored hashed. It ends by use, revocation, or at `expires_at`."""

    __tablename__ = "console_invitation"

    token_hash: str = Field(primary_key=True, max_length=64)
    organization_id: str = Field(foreign_key="organization.id", index=True, max_length=32)
    role: str = Field(max_length=16)
    note: str | None = Field(default=None, max_length=200)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(index=True, sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class ConsoleApproval(SQLModel, table=True):
    """What an organization asks an operator for: to go live as an actor (`details` say as what), or a platform's name.

    At most one waits per organization. A decision is final; a refused one may be asked anew.
    """

    __tablename__ = "console_approval"
    __table_args__ = (
        CheckConstraint("subject IN ('live_actor', 'platform')", name="ck_console_approval_subject"),
        CheckConstraint("status IN ('pending', 'approved', 'refused', 'withdrawn')", name="ck_console_approval_status"),
        CheckConstraint("(status = 'pending') = (decided_at IS NULL)", name="ck_console_approval_decided"),
        Index(
            "uq_console_approval_pending",
            "organization_id",
            unique=True,
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    organization_id: str = Field(foreign_key="organization.id", index=True, max_length=32)
    subject: str = Field(max_length=16)
    details: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    status: str = Field(default="pending", max_length=16)
    requested_by: str = Field(max_length=64)
    requested_at: datetime = Field(sa_type=Instant)
    decided_by: str | None = Field(default=None, max_length=64)
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    reason: str | None = Field(default=None, max_length=500)


MEMBERSHIPS = table_of(Membership)
INVITATIONS = table_of(ConsoleInvitation)
APPROVALS = table_of(ConsoleApproval)
