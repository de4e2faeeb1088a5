"""Fills a new database: so many people, and a frozen edition for all of them.

    python listing.py FOLDER URL PEOPLE

FOLDER has the settings (newsletter.toml). Says how many people there are.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, bindparam, text

from newsletter.config import Settings, load
from newsletter.editions.period import period_of
from newsletter.model.edition import Channel, EditionState, Form, Rendered, Tags
from newsletter.pipeline.context import schedule_of
from newsletter.store import editions, planning
from newsletter.store.engine import Database, open_database
from newsletter.store.schema import upgrade
from subscribers.store.types import UtcDateTime

NONCE = "7f3a7f3a7f3a7f3a"

_PEOPLE = """
INSERT INTO subscriber_person
    (address, address_key, name, token, status, topics, form, created_at, confirmed_at, changed_at)
WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :people)
SELECT 'reader' || n || '@host' || (n % 997) || '.example.org',
       'reader' || n || '@host' || (n % 997) || '.example.org',
       '', 'tokentokentokentok' || (1000000000 + n), 'active', '', 'normal', :now, :now, :now
FROM number
"""


def rendered() -> Rendered:
    """A digest of 30 kB, as one of ten posts is."""
    tags = Tags.of(NONCE)
    links = "".join(
        f'<a href="{tag}">.</a>'
        for tag in (tags.unsubscribe_html, tags.preferences_html, tags.view_html)
    )
    words = f"{tags.unsubscribe_text} {tags.preferences_text} {tags.view_text}"
    return Rendered(
        key="all",
        form=Form.NORMAL,
        subject="This week",
        mjml="<mjml/>",
        html=f"<html><body>{'<p>Words and more.</p>' * 1100}{links}</body></html>",
        text=f"{'Words. ' * 1000}{words}",
        checksum="c",
    )


def fill(database: Database, settings: Settings, people: int, now: datetime) -> None:
    """People with a topic of none, so that all get the one variant there is."""
    upgrade(database)
    moment = bindparam("now", type_=UtcDateTime)
    with database.begin() as connection:
        connection.execute(text(_PEOPLE).bindparams(moment), {"people": people, "now": now})
        connection.execute(text("CREATE TABLE other (id INTEGER PRIMARY KEY, told INTEGER)"))
    with database.begin() as connection:
        _freeze(connection, settings, now)
    if not database.is_sqlite:
        with database.engine.connect() as plain:  # as its own housekeeping would, in a minute
            plain.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))


def _freeze(connection: Connection, settings: Settings, now: datetime) -> None:
    period = period_of(schedule_of(settings), now)
    draft = editions.create(connection, period, Channel.REAL, NONCE)
    editions.save_draft(
        connection,
        draft,
        state=EditionState.DRAFT,
        reasons=[],
        checksum="one",
        items=[],
        left_out=[],
        variants=[rendered()],
        choices=[],
        now=now,
    )
    frozen = editions.freeze(
        connection,
        editions.get(connection, draft.id),
        now=now,
        transport="sendgrid",
        sender=settings.newsletter.sender,
        public_url=settings.newsletter.public_url,
        undo_minutes=0,
        newest_first=False,
        plan_until=planning.last_person(connection),
    )
    if not frozen:
        raise SystemExit("the edition could not be frozen")


def main() -> None:
    """Fills it."""
    folder, url, people = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    settings = load(folder / "newsletter.toml", {"NEWSLETTER_SECRET_KEY": "k" * 40})
    database = open_database(url)
    try:
        fill(database, settings, people, datetime.now(UTC))
    finally:
        database.close()
    print(json.dumps(people))


if __name__ == "__main__":
    main()
