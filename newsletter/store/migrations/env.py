"""Alembic's entry: one history for the tables of both packages, on the connection given to it."""

from __future__ import annotations

from alembic import context

from newsletter.store import event_tables, trial_tables  # noqa: F401 - so that all are known
from newsletter.store.tables import metadata
from subscribers.store.tables import metadata as subscriber_metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=[metadata, subscriber_metadata],
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    transactional_ddl=True,
)
context.run_migrations()
