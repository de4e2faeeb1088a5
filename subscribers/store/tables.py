"""The tables of who may be written to, for SQLite and PostgreSQL alike.

People are found by `address_key`, the address in lower case: mail systems treat `Anna@` and
`anna@` alike in practice, and so does a person who types her address twice.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

from subscribers.store.types import NAMING, UtcDateTime

metadata = MetaData(naming_convention=NAMING)

_ID = BigInteger().with_variant(Integer, "sqlite")
"""On SQLite only an INTEGER primary key is the row's own number."""

person = Table(
    "subscriber_person",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False, server_default=""),
    Column("token", Text, nullable=False, unique=True),
    Column("status", Text, nullable=False),
    Column("topics", Text, nullable=False, server_default=""),
    Column("form", Text, nullable=False, server_default="normal"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("confirmed_at", UtcDateTime),
    Column("changed_at", UtcDateTime, nullable=False),
    CheckConstraint("status IN ('pending', 'active', 'unsubscribed')", name="status"),
    sqlite_autoincrement=True,
)
"""A number is never given to a second person (autoincrement), as deliveries outlive people."""

consent = Table(
    "subscriber_consent",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("subscriber_id", ForeignKey(person.c.id, ondelete="CASCADE"), nullable=False),
    Column("happened_at", UtcDateTime, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False, server_default=""),
    Column("wording", Text, nullable=False, server_default=""),
    Index(None, "subscriber_id"),
    sqlite_autoincrement=True,
)
"""Evidence: rows are added, never changed, and go only with the person."""

suppression = Table(
    "subscriber_suppression",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("address_key", Text, unique=True),
    Column("address_hash", Text, unique=True),
    Column("key_id", Text),
    Column("reason", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    CheckConstraint("(address_key IS NULL) <> (address_hash IS NULL)", name="one_name"),
    CheckConstraint("(address_hash IS NULL) = (key_id IS NULL)", name="hash_has_key"),
    sqlite_autoincrement=True,
)
"""An erased address is kept only as a hash under the secret key that `key_id` names."""
