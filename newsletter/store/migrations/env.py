"""Alembic's entry: one history for the tables of both packages, on the connection given to it."""

from __future__ import annotations

from alembic import context

from newsletter.store.trial_tables import metadata  # that of all tables, these included
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
