"""What the archive no longer shows: posts of an edition, or all of one.

Revision ID: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.store.types import UtcDateTime

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "removal",
        sa.Column("edition_id", number, nullable=False),
        sa.Column("post_id", number, autoincrement=False, nullable=False),
        sa.Column("removed_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_removal_edition_id_edition")
        ),
        sa.PrimaryKeyConstraint("edition_id", "post_id", name=op.f("pk_removal")),
    )
