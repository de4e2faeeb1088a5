"""What comes in from outside: posts of events, soft bounces, what was pushed, checks of the way.

Revision ID: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.store.types import UtcDateTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "posted_events",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("received_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posted_events")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "unsubscribe_check",
        sa.Column("public_url", sa.Text(), nullable=False),
        sa.Column("checked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("unreachable", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("found", sa.Text(), server_default="", nullable=False),
        sa.Column("passed_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("public_url", name=op.f("pk_unsubscribe_check")),
    )
    op.create_table(
        "subscriber_soft_bounce",
        sa.Column("subscriber_id", key, nullable=False),
        sa.Column("mail", sa.Text(), nullable=False),
        sa.Column("bounced_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber_person.id"],
            name=op.f("fk_subscriber_soft_bounce_subscriber_id_subscriber_person"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "mail", name=op.f("pk_subscriber_soft_bounce")),
    )
    op.create_table(
        "subscriber_pushed",
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("pushed_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address_key", name=op.f("pk_subscriber_pushed")),
    )
