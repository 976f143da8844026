"""Sender-constrained tokens, pushed requests, state of a sign-in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "replay",
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_hash"),
    )
    with op.batch_alter_table("replay", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_replay_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "sign_in_state",
        sa.Column("id_hash", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id_hash"),
    )
    with op.batch_alter_table("sign_in_state", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_state_expires_at"), ["expires_at"], unique=False)

    with op.batch_alter_table("auth_code", schema=None) as batch_op:
        batch_op.add_column(sa.Column("dpop_jkt", sa.String(43), nullable=True))

    with op.batch_alter_table("authorization_request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("dpop_jkt", sa.String(43), nullable=True))
        batch_op.add_column(sa.Column("presentable_until", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.add_column(sa.Column("profile", sa.String(16), nullable=False))

    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.add_column(sa.Column("dpop_jkt", sa.String(43), nullable=True))


def downgrade() -> None:
    """Undo this step."""
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.drop_column("dpop_jkt")

    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.drop_column("profile")

    with op.batch_alter_table("authorization_request", schema=None) as batch_op:
        batch_op.drop_column("presentable_until")
        batch_op.drop_column("dpop_jkt")

    with op.batch_alter_table("auth_code", schema=None) as batch_op:
        batch_op.drop_column("dpop_jkt")

    with op.batch_alter_table("sign_in_state", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_state_expires_at"))

    op.drop_table("sign_in_state")
    with op.batch_alter_table("replay", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_replay_expires_at"))

    op.drop_table("replay")
