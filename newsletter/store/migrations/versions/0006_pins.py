"""A post can be pinned: any change of it is news, or none.

Revision ID: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("post", sa.Column("pin", sa.String(length=8), nullable=True))
