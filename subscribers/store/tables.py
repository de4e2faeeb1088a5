"""The tables of who may be written to, for SQLite and PostgreSQL alike.

People are found by `address_key`, the address in lower case: mail systems treat `Anna@` and
`anna@` alike in practice, and so does a person who types her address twice.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
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
    Column("paused_until", UtcDateTime),
    CheckConstraint("status IN ('pending', 'active', 'unsubscribed')", name="status"),
    sqlite_autoincrement=True,
)
"""A number is never given to a second person (autoincrement), as deliveries outlive people."""

wording = Table(
    "subscriber_wording",
    metadata,
    Column("version", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("first_shown_at", UtcDateTime, nullable=False),
)
"""What people were shown when they agreed, word for word, each text once: rows are only added."""

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
    Column("method", Text, nullable=False, server_default=""),
    Column("detail", Text, nullable=False, server_default=""),
    Column("network", Text, nullable=False, server_default=""),
    Index(None, "subscriber_id"),
    sqlite_autoincrement=True,
)
"""Evidence: rows are added, never changed, and go only with the person; the database itself refuses
to change one, but for `network`, which may be forgotten earlier. `wording` is the version of what
was shown, a line of `subscriber_wording`.
"""

request = Table(
    "subscriber_request",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("purpose", Text, nullable=False),
    Column("nonce", Text, nullable=False, unique=True),
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False),
    Column("topics", Text, nullable=False, server_default=""),
    Column("form", Text, nullable=False, server_default="normal"),
    Column("wording", Text, nullable=False, server_default=""),
    Column("source", Text, nullable=False, server_default=""),
    Column("network", Text, nullable=False, server_default=""),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("state", Text, nullable=False),
    Column("letter", Text, nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("not_before", UtcDateTime, nullable=False),
    Column("mailed_at", UtcDateTime),
    Column("used_at", UtcDateTime),
    Index(None, "address_key", "asked_at"),
    Index(None, "state", "not_before"),
    CheckConstraint(
        "state IN ('asked', 'due', 'mailed', 'used', 'void', 'dropped', 'failed')", name="state"
    ),
    sqlite_autoincrement=True,
)
"""What somebody asked for on a page, and the one mail that answers it. `nonce` is what the link in
that mail carries, signed. Kept by address, since who asks may be nobody we know.
"""

bucket = Table(
    "subscriber_bucket",
    metadata,
    Column("name", Text, primary_key=True),
    Column("key_hash", Text, primary_key=True),
    Column("level", Double, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False, index=True),
)
"""How often an address or a network has asked of late: leaky buckets, known by keyed hashes only,
shared by all processes.
"""

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

soft_bounce = Table(
    "subscriber_soft_bounce",
    metadata,
    Column(
        "subscriber_id",
        _ID,
        ForeignKey(person.c.id, ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("mail", Text, primary_key=True),
    Column("bounced_at", UtcDateTime),
    Column("arrived_at", UtcDateTime),
)
"""Of people to whom a mail could not be brought for now: what became of that mail and of others.
`mail` is an opaque id; a mail that bounced after it had arrived has bounced."""

pushed = Table(
    "subscriber_pushed",
    metadata,
    Column("address_key", Text, primary_key=True),
    Column("pushed_at", UtcDateTime, nullable=False),
)
"""The addresses that we put on the provider's list of those who want no mail at all."""
