"""Trials: which ones posts mention, and what the registers say of them.

Revision ID: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.store.types import UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "trial",
        sa.Column("id", key, nullable=False),
        sa.Column("register", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("attention", sa.String(length=9), nullable=False),
        sa.Column("first_seen_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("checked_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("data_timestamp", sa.String(length=40), server_default="", nullable=False),
        sa.Column("missing", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint(
            "attention IN ('mentioned','proposed','followed','muted')",
            name=op.f("ck_trial_attention"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial")),
        sa.UniqueConstraint("register", "number", name=op.f("uq_trial_register_number")),
    )
    op.create_table(
        "trial_record",
        sa.Column("id", key, nullable=False),
        sa.Column("trial_id", key, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seen_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("record_hash", sa.String(length=64), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("approved_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["trial_id"], ["trial.id"], name=op.f("fk_trial_record_trial_id_trial")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial_record")),
        sa.UniqueConstraint("trial_id", "number", name=op.f("uq_trial_record_trial_id_number")),
    )
    op.create_table(
        "post_trial",
        sa.Column("post_id", key, nullable=False),
        sa.Column("trial_id", key, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_post_trial_post_id_post")),
        sa.ForeignKeyConstraint(
            ["trial_id"], ["trial.id"], name=op.f("fk_post_trial_trial_id_trial")
        ),
        sa.PrimaryKeyConstraint("post_id", "trial_id", name=op.f("pk_post_trial")),
    )
    op.create_index(op.f("ix_post_trial_trial_id"), "post_trial", ["trial_id"], unique=False)
    op.create_table(
        "register",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("data_timestamp", sa.String(length=40), server_default="", nullable=False),
        sa.Column("reached_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_register")),
    )
    op.create_table(
        "trial_search",
        sa.Column("patterns", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("patterns", name=op.f("pk_trial_search")),
    )
