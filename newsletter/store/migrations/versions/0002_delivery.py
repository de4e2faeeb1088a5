"""What a provider with an undo window needs, what it reports later, and what the admin was told.

Revision ID: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.store.types import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("batch", sa.Column("half_of", sa.Integer(), nullable=True))
    op.add_column(
        "provider_id", sa.Column("cancel_tried_at", UtcDateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "edition",
        sa.Column("newest_first", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_table(
        "event",
        sa.Column("delivery_id", sa.String(length=32), nullable=False),
        sa.Column("attempt", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", "attempt", "kind", name=op.f("pk_event")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_event_at"), "event", ["at"], unique=False)
    op.create_table(
        "provider_list",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("through", UtcDateTime(timezone=True), nullable=False),
        sa.Column("synced_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_provider_list")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("about", sa.String(length=128), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("sent_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('due','sent','failed')", name=op.f("ck_notice_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("kind", "about", name=op.f("uq_notice_kind_about")),
    )
