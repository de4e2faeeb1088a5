"""The tables of the newsletter; those of the subscribers are in `subscribers.store.tables`.

Times are UTC and aware. What only ever is read as a whole is kept as JSON text.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from subscribers.store.types import NAMING, UtcDateTime

metadata = MetaData(naming_convention=NAMING)

Id = BigInteger().with_variant(Integer, "sqlite")

feed = Table(
    "feed",
    metadata,
    Column("id", Id, primary_key=True),
    Column("url", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False, server_default=""),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", String(64)),
    Column("status", String(16), nullable=False, server_default="new"),
    Column("http_status", Integer),
    Column("error", Text, nullable=False, server_default=""),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("fetched_at", UtcDateTime),
    Column("succeeded_at", UtcDateTime),
    Column("unconditional_at", UtcDateTime),
    Column("baseline_at", UtcDateTime),
    Column("means", String(8)),
    Column("api", Text, nullable=False, server_default=""),
    Column("probed_at", UtcDateTime),
    Column("followed_at", UtcDateTime),
    Column("followed_through", UtcDateTime),
    Column("followed_marker", Text, nullable=False, server_default=""),
    Column("alarm", Text, nullable=False, server_default=""),
    Column("alarm_at", UtcDateTime),
)

post = Table(
    "post",
    metadata,
    Column("id", Id, primary_key=True),
    Column("feed_id", Id, ForeignKey("feed.id"), nullable=False, index=True),
    Column("guid", Text),
    Column("post_number", BigInteger),
    Column("slug", Text),
    Column("fingerprint", String(64)),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("published", UtcDateTime),
    Column("updated", UtcDateTime),
    Column("categories", JSON, nullable=False),
    Column("image", JSON),
    Column("baseline", Boolean, nullable=False, server_default=false()),
    Column("protected", Boolean, nullable=False, server_default=false()),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("pin", String(8)),
)

revision = Table(
    "revision",
    metadata,
    Column("id", Id, primary_key=True),
    Column("post_id", Id, ForeignKey("post.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("title", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("text_hash", String(64), nullable=False),
    Column("weight", String(8), nullable=False),
    Column("summary", Text, nullable=False, server_default=""),
    Column("reasons", JSON, nullable=False),
    Column("source", String(8), nullable=False, server_default="feed"),
    UniqueConstraint("post_id", "number"),
)

page = Table(
    "page",
    metadata,
    Column("url", String(2000), primary_key=True),
    Column("standing", String(8), nullable=False),
    Column("http_status", Integer),
    Column("trouble", String(32), nullable=False, server_default=""),
    Column("checked_at", UtcDateTime, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    CheckConstraint("standing IN ('there','gone','private','unsure')", name="standing"),
)
"""How pages of the blog answered when they were last asked for; `since` when they have so."""

channel = Table(
    "channel",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("baseline_at", UtcDateTime, nullable=False),
    Column("quiet_period", String(16), nullable=False, server_default=""),
)
"""From when on a channel reports news (what was known before its first edition never is), and the
last period whose scheduled run found none."""

edition = Table(
    "edition",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(16), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("scheduled_at", UtcDateTime, nullable=False),
    Column("first_day", String(10), nullable=False),
    Column("nonce", String(32), nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("reasons", JSON, nullable=False),
    Column("checksum", String(64), nullable=False, server_default=""),
    Column("previewed_checksum", String(64), nullable=False, server_default=""),
    Column("approved_checksum", String(64), nullable=False, server_default=""),
    Column("transport", String(16), nullable=False, server_default=""),
    Column("sender", Text, nullable=False, server_default=""),
    Column("public_url", Text, nullable=False, server_default=""),
    Column("undo_minutes", Integer, nullable=False, server_default=text("0")),
    Column("composed_at", UtcDateTime),
    Column("frozen_at", UtcDateTime),
    Column("plan_until", BigInteger, nullable=False, server_default=text("0")),
    Column("planned_through", BigInteger, nullable=False, server_default=text("0")),
    Column("planned_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("newest_first", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("key", "channel"),
)

edition_item = Table(
    "edition_item",
    metadata,
    Column("edition_id", Id, ForeignKey("edition.id"), primary_key=True),
    Column("post_id", Id, ForeignKey("post.id"), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("revision_id", Id, ForeignKey("revision.id"), nullable=False),
    Column("dropped", Boolean, nullable=False, server_default=false()),
    Column("shown", JSON, nullable=False),
)

edition_variant = Table(
    "edition_variant",
    metadata,
    Column("edition_id", Id, ForeignKey("edition.id"), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("form", String(16), nullable=False),
    Column("subject", Text, nullable=False),
    Column("mjml", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("checksum", String(64), nullable=False),
    Column("preheader", Text, nullable=False, server_default=""),
    Column("sender", Text, nullable=False, server_default=""),
)

edition_choice = Table(
    "edition_choice",
    metadata,
    Column("edition_id", Id, ForeignKey("edition.id"), primary_key=True),
    Column("topics", String(1000), primary_key=True),
    Column("form", String(16), primary_key=True),
    Column("variant", String(255)),
)
"""Which variant the people of one choice get; none means `nothing-for-topics`."""

removal = Table(
    "removal",
    metadata,
    Column("edition_id", Id, ForeignKey("edition.id"), primary_key=True),
    Column("post_id", Id, primary_key=True, autoincrement=False),
    Column("removed_at", UtcDateTime, nullable=False),
)
"""What the archive no longer shows of an edition: a post, or with `post_id` 0 all of it. The
edition itself stays as it was sent."""

batch = Table(
    "batch",
    metadata,
    Column("id", Id, primary_key=True),
    Column("edition_id", Id, ForeignKey("edition.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("variant", String(255), nullable=False),
    Column("size", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False, server_default=text("1")),
    Column("owner", String(64)),
    Column("lease_until", UtcDateTime),
    Column("not_before", UtcDateTime),
    Column("provider_id", Id, ForeignKey("provider_id.id")),
    Column("message_id", Text),
    Column("error", Text, nullable=False, server_default=""),
    Column("settled_at", UtcDateTime),
    Column("half_of", Integer),
    UniqueConstraint("edition_id", "number"),
    CheckConstraint(
        "state IN ('planned','submitting','accepted','unknown','failed','empty')", name="state"
    ),
)
Index("ix_batch_edition_state", batch.c.edition_id, batch.c.state, batch.c.number)

delivery = Table(
    "delivery",
    metadata,
    Column("edition_id", Id, ForeignKey("edition.id"), primary_key=True),
    Column("subscriber_id", BigInteger, primary_key=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("batch_number", Integer),
    Column("state", String(9), nullable=False),
    Column("reason", String(24)),
    sqlite_with_rowid=False,
)
"""The ledger. `subscriber_id` has no foreign key: an erased person leaves a pseudonymous record."""
Index("ix_delivery_batch", delivery.c.edition_id, delivery.c.batch_number)

provider_id = Table(
    "provider_id",
    metadata,
    Column("id", Id, primary_key=True),
    Column("edition_id", Id, ForeignKey("edition.id"), nullable=False, index=True),
    Column("value", Text, nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("send_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("cancelled_at", UtcDateTime),
    Column("cancel_tried_at", UtcDateTime),
    CheckConstraint("state IN ('open','closing','cancelled','deleted')", name="state"),
)
"""The provider's own batch ids, each stored before its first use; only with an undo window.
`cancel_tried_at` is written before the provider is first asked to cancel one."""

allowance = Table(
    "allowance",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("window", String(32), primary_key=True),
    Column("used", BigInteger, nullable=False, server_default=text("0")),
)
"""What was taken of a rate or a daily cap, by all processes together."""

event = Table(
    "event",
    metadata,
    Column("delivery_id", String(32), primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("reason", Text, nullable=False, server_default=""),
    sqlite_with_rowid=False,
)
"""What the provider reported of a delivery's attempt: each kind once, however often it came."""

provider_list = Table(
    "provider_list",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("through", UtcDateTime, nullable=False),
    Column("synced_at", UtcDateTime, nullable=False),
)
"""The provider's lists of addresses it does not write to, and up to when each was read."""

notice = Table(
    "notice",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("about", String(128), nullable=False),
    Column("text", Text, nullable=False, server_default=""),
    Column("state", String(8), nullable=False),
    Column("error", Text, nullable=False, server_default=""),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    UniqueConstraint("kind", "about"),
    CheckConstraint("state IN ('due','sent','failed')", name="state"),
)
"""What the admin was told, or could not be told: each thing (`about`) once of its kind. `tries`
counts those that failed."""
