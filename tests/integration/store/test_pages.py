"""What the store remembers of the blog's pages."""

from __future__ import annotations

from datetime import datetime, timedelta

from newsletter.model.page import PageCheck, Standing
from newsletter.store import pages
from newsletter.store.engine import Database
from tests.integration.store import blog
from tests.integration.store.ledger import NOW

URL = "https://blog.example.org/post-1/"
HOUR = timedelta(hours=1)


def note(database: Database, standing: Standing, at: datetime, url: str = URL) -> None:
    check = PageCheck(url=url, standing=standing, checked_at=at, since=at, http_status=404)
    with database.begin() as connection:
        pages.record(connection, [check])


def known(database: Database, url: str = URL) -> PageCheck | None:
    with database.read() as connection:
        return pages.checks(connection, [url, url, "https://unknown.example.org/"]).get(url)


def test_since_when_a_page_is_gone_is_kept_until_it_is_not(database: Database) -> None:
    for hours, standing, since in [
        (0, Standing.GONE, 0),
        (1, Standing.GONE, 0),
        (2, Standing.THERE, 2),
        (3, Standing.PRIVATE, 3),
    ]:
        note(database, standing, NOW + hours * HOUR)
        found = known(database)
        assert found is not None
        assert (found.standing, found.since) == (standing, NOW + since * HOUR)
        assert found.checked_at == NOW + hours * HOUR


def test_an_address_beyond_reason_is_not_kept(database: Database) -> None:
    long = URL + "x" * 2000
    note(database, Standing.GONE, NOW, long)
    assert known(database, long) is None


def test_what_is_there_is_forgotten_and_what_is_gone_is_not(database: Database) -> None:
    note(database, Standing.THERE, NOW)
    note(database, Standing.GONE, NOW, URL + "gone/")
    with database.begin() as connection:
        pages.forget(connection, NOW + HOUR)
    assert known(database) is None
    assert known(database, URL + "gone/") is not None


def test_a_post_is_unavailable_by_the_address_it_has_now(database: Database) -> None:
    with database.begin() as connection:
        blog.post(connection, 1)
        blog.post(connection, 2)
    note(database, Standing.GONE, NOW)
    note(database, Standing.UNSURE, NOW, "https://blog.example.org/post-2/")
    with database.read() as connection:
        found = pages.unavailable(connection, NOW - HOUR)
        assert [(title, check.said) for title, check in found] == [("Post 1", "answers 404")]
        assert pages.unavailable(connection, NOW + HOUR) == []
