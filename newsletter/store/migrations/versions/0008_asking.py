"""Signing up and leaving by pages: what was asked, what was shown, pauses, and limits.

Evidence can no longer be changed, only added, and deleted with its person.

Revision ID: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.store.types import UtcDateTime

revision = "0008"
down_revision = "0007"

_FIXED = "subscriber_id, happened_at, recorded_at, kind, source, wording, method, detail"
_REFUSAL = "evidence is only added, never changed"


def upgrade() -> None:
    time = UtcDateTime(timezone=True)
    op.add_column("subscriber_person", sa.Column("paused_until", time, nullable=True))
    for name in ("method", "detail", "network"):
        op.add_column(
            "subscriber_consent", sa.Column(name, sa.Text(), server_default="", nullable=False)
        )
    op.create_table(
        "subscriber_wording",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("first_shown_at", time, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_subscriber_wording")),
    )
    _create_request(time)
    op.create_table(
        "subscriber_bucket",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("level", sa.Double(), nullable=False),
        sa.Column("updated_at", time, nullable=False),
        sa.PrimaryKeyConstraint("name", "key_hash", name=op.f("pk_subscriber_bucket")),
    )
    op.create_index(op.f("ix_subscriber_bucket_updated_at"), "subscriber_bucket", ["updated_at"])
    _guard_evidence()


def _create_request(time: UtcDateTime) -> None:
    def line(name: str, default: str | None = "") -> sa.Column[str]:
        return sa.Column(name, sa.Text(), server_default=default, nullable=False)

    op.create_table(
        "subscriber_request",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        *(line(name, None) for name in ("purpose", "nonce", "address", "address_key")),
        line("topics"),
        line("form", "normal"),
        *(line(name) for name in ("wording", "source", "network")),
        *(sa.Column(name, time, nullable=False) for name in ("asked_at", "expires_at")),
        line("state", None),
        *(line(name) for name in ("letter", "reason")),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("not_before", time, nullable=False),
        *(sa.Column(name, time, nullable=True) for name in ("mailed_at", "used_at")),
        sa.CheckConstraint(
            "state IN ('asked', 'due', 'mailed', 'used', 'void', 'dropped', 'failed')",
            name=op.f("ck_subscriber_request_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber_request")),
        sa.UniqueConstraint("nonce", name=op.f("uq_subscriber_request_nonce")),
        sqlite_autoincrement=True,
    )
    for columns in (["address_key", "asked_at"], ["state", "not_before"]):
        name = op.f(f"ix_subscriber_request_{'_'.join(columns)}")
        op.create_index(name, "subscriber_request", columns)


def _guard_evidence() -> None:
    """Nobody changes a line of evidence, not even a program of ours with a defect."""
    when = f"BEFORE UPDATE OF {_FIXED} ON subscriber_consent"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER subscriber_consent_is_fixed {when} "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION subscriber_consent_is_fixed() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; "
        "END $$"
    )
    op.execute(
        f"CREATE TRIGGER subscriber_consent_is_fixed {when} "
        "FOR EACH ROW EXECUTE FUNCTION subscriber_consent_is_fixed()"
    )
