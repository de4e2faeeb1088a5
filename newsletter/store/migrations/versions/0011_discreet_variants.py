"""Variants keep what an inbox shows of them: their pre-header, and a discreet one its sender.

Revision ID: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    for name in ("preheader", "sender"):
        column = sa.Column(name, sa.Text(), server_default="", nullable=False)
        op.add_column("edition_variant", column)
