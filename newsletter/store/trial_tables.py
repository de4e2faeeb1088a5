"""The tables of trials: which ones posts mention, and what the registers say of them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from newsletter.store.tables import Id
from newsletter.store.tables import metadata as metadata
from subscribers.store.types import UtcDateTime

trial = Table(
    "trial",
    metadata,
    Column("id", Id, primary_key=True),
    Column("register", String(20), nullable=False),
    Column("number", String(40), nullable=False),
    Column("attention", String(9), nullable=False),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("checked_at", UtcDateTime),
    Column("data_timestamp", String(40), nullable=False, server_default=""),
    Column("missing", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("register", "number"),
    CheckConstraint("attention IN ('mentioned','proposed','followed','muted')", name="attention"),
)
"""A trial that a post mentions or that the admin follows. `data_timestamp` is the state of the
register's data as of which it was last asked."""

trial_record = Table(
    "trial_record",
    metadata,
    Column("id", Id, primary_key=True),
    Column("trial_id", Id, ForeignKey("trial.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("record_hash", String(64), nullable=False),
    Column("record", Text, nullable=False),
    Column("approved_at", UtcDateTime),
    UniqueConstraint("trial_id", "number"),
)
"""What a register said, one row for each version; number 1 is the baseline and no news."""

post_trial = Table(
    "post_trial",
    metadata,
    Column("post_id", Id, ForeignKey("post.id"), primary_key=True),
    Column("trial_id", Id, ForeignKey("trial.id"), primary_key=True, index=True),
    Column("position", Integer, nullable=False),
)
"""The trials that the newest revision of a post mentions, in the order of the text."""

register = Table(
    "register",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("data_timestamp", String(40), nullable=False, server_default=""),
    Column("reached_at", UtcDateTime),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("error", Text, nullable=False, server_default=""),
)
"""When a register was last reached, and how often in a row it was not since."""

trial_search = Table(
    "trial_search",
    metadata,
    Column("patterns", Integer, primary_key=True, autoincrement=False),
    Column("revision_id", BigInteger, nullable=False),
)
"""Up to which revision posts were searched for trials, with which version of the patterns."""

edition_trial = Table(
    "edition_trial",
    metadata,
    Column("edition_id", Id, ForeignKey("edition.id"), primary_key=True),
    Column("record_id", Id, ForeignKey("trial_record.id"), primary_key=True, index=True),
    Column("position", Integer, nullable=False),
    Column("dropped", Boolean, nullable=False, server_default=false()),
    Column("shown", JSON(none_as_null=True)),
)
"""Up to which record of a trial an edition tells; `shown` is null where a post of the edition has
it beneath, and not the section of trial updates."""
