"""Trials in editions: what each edition told of them.

Revision ID: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "edition_trial",
        sa.Column("edition_id", key, nullable=False),
        sa.Column("record_id", key, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("dropped", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_edition_trial_edition_id_edition")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["trial_record.id"], name=op.f("fk_edition_trial_record_id_trial_record")
        ),
        sa.PrimaryKeyConstraint("edition_id", "record_id", name=op.f("pk_edition_trial")),
    )
    op.create_index(op.f("ix_edition_trial_record_id"), "edition_trial", ["record_id"])
