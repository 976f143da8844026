"""The tables of the audit log: leaves, inner nodes, checkpoints and their cosignatures. Only ever added to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from consent.audit.keys import MAX_NAME
from consent.columns import Instant, serial


class AuditLeaf(SQLModel, table=True):
    """The leaf at position `seq` (from 0, without gaps): the hash of one event's commitment."""

    __tablename__ = "audit_leaf"
    __table_args__ = (UniqueConstraint("kind", "event_id", name="uq_audit_leaf_event"),)

    seq: int = Field(primary_key=True, sa_type=serial(), sa_column_kwargs={"autoincrement": False})
    kind: str = Field(max_length=8)
    event_id: int = Field(sa_type=serial())
    hash: bytes = Field(sa_type=LargeBinary)


class AuditNode(SQLModel, table=True):
    """The hash over the leaves `[position << level, (position + 1) << level)`; levels from `LOWEST_STORED` up."""

    __tablename__ = "audit_node"

    level: int = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_type=serial(), sa_column_kwargs={"autoincrement": False})
    hash: bytes = Field(sa_type=LargeBinary)


class AuditCheckpoint(SQLModel, table=True):
    """A signed statement of the log's size and root."""

    __tablename__ = "audit_checkpoint"

    size: int = Field(primary_key=True, sa_type=serial(), sa_column_kwargs={"autoincrement": False})
    root: bytes = Field(sa_type=LargeBinary)
    note: str
    at: datetime = Field(sa_type=Instant)


class AuditCosignature(SQLModel, table=True):
    """The signature line of a witness under the checkpoint of `size` leaves."""

    __tablename__ = "audit_cosignature"
    __table_args__ = (Index("ix_audit_cosignature_witness", "witness", "key_id", "size"),)

    size: int = Field(
        primary_key=True,
        foreign_key="audit_checkpoint.size",
        sa_type=serial(),
        sa_column_kwargs={"autoincrement": False},
    )
    witness: str = Field(primary_key=True, max_length=MAX_NAME)
    key_id: str = Field(primary_key=True, max_length=8)
    line: str
    at: datetime = Field(sa_type=Instant)
    """When it arrived; when it was made, the line itself says."""
