"""How a site is followed beyond its feed's window, where a text came from, and how pages answer.

Revision ID: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.store.types import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("feed", sa.Column("means", sa.String(length=8), nullable=True))
    for name in ("api", "followed_marker", "alarm"):
        op.add_column("feed", sa.Column(name, sa.Text(), server_default="", nullable=False))
    for name in ("probed_at", "followed_at", "followed_through", "alarm_at"):
        op.add_column("feed", sa.Column(name, UtcDateTime(timezone=True), nullable=True))
    op.add_column(
        "revision",
        sa.Column("source", sa.String(length=8), server_default="feed", nullable=False),
    )
    op.create_table(
        "page",
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("standing", sa.String(length=8), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("trouble", sa.String(length=32), server_default="", nullable=False),
        sa.Column("checked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("since", UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "standing IN ('there','gone','private','unsure')", name=op.f("ck_page_standing")
        ),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_page")),
    )
