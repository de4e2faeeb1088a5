"""How the ledger is spread, told to SQLite: without it, each batch is looked for in all of them.

Knowing nothing, SQLite takes the people of a batch to be a tenth part less than those of the whole
edition, and so reads the edition for each of its batches. ANALYZE would tell it only when there
already is an edition to look at. Source: "Manual Control Of Query Plans Using SQLITE_STAT Tables",
https://sqlite.org/optoverview.html.

Revision ID: 0003
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

_SPREAD = """
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('delivery', 'delivery', '1000000 50000 1'),
    ('delivery', 'ix_delivery_batch', '1000000 50000 1000')
"""
"""Rows, rows of an edition, and of one person or batch of it. The primary key of a table without
row ids has the table's name there."""


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    op.execute("ANALYZE delivery")  # makes the table of statistics
    op.execute("DELETE FROM sqlite_stat1 WHERE tbl = 'delivery'")
    op.execute(_SPREAD)
    op.execute("ANALYZE sqlite_master")  # takes them into use in this connection too
