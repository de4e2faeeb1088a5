"""What the store remembers of posts and their revisions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from newsletter.model.post import Candidate, Change, Identity, Image, Revision, Weight
from newsletter.store import posts
from newsletter.store.engine import Database
from newsletter.store.tables import post as post_table
from tests.integration.store import blog
from tests.integration.store.blog import MAJOR, MINOR, draft, revise, text
from tests.integration.store.ledger import NOW

LATER = NOW + timedelta(days=1)


def test_a_post_is_known_again_by_its_marks(database: Database) -> None:
    with database.begin() as connection:
        post_id = blog.post(connection, 7)
    with database.read() as connection:
        (known,) = posts.known_posts(connection)
    assert (known.id, known.title, known.url) == (
        post_id,
        "Post 7",
        "https://blog.example.org/post-7/",
    )
    assert known.identity == Identity(
        guid="blog.example.org/?p=7", post_number=7, slug="post-7", fingerprint="f7"
    )


def test_a_post_without_any_mark_is_kept_too(database: Database) -> None:
    nothing = Identity(guid=None, post_number=None, slug=None, fingerprint=None)
    with database.begin() as connection:
        blog.post(connection, identity=nothing, published=None, image=None, categories=())
    with database.read() as connection:
        assert posts.known_posts(connection)[0].identity == nothing
        (summary,) = posts.summaries(connection)
    assert (summary.published, summary.categories) == (None, ())


def test_how_far_back_a_feed_is_known(database: Database) -> None:
    with database.begin() as connection:
        feed_id = blog.feed(connection)
        assert posts.reach(connection, feed_id) == (None, None)
        blog.post(connection, 3, published=NOW)
        blog.post(connection, 9, published=None)
        blog.post(connection, 5, published=NOW - timedelta(days=900))
        assert posts.reach(connection, feed_id) == (NOW - timedelta(days=900), 9)


def test_times_come_back_as_the_same_moment_in_utc(database: Database) -> None:
    """Also one of a blog's own zone, before the first day of Unix, with microseconds."""
    nepal = timezone(timedelta(hours=5, minutes=45))
    when = datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=nepal)
    with database.begin() as connection:
        blog.post(connection, published=when, updated=when + timedelta(days=30_000))
    with database.read() as connection:
        (found,) = posts.summaries(connection)
    assert found.published == when
    assert found.updated == when + timedelta(days=30_000)
    for time in (found.published, found.updated, found.first_seen):
        assert time is not None
        assert time.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    """It would be another moment on each machine."""
    with database.begin() as connection:
        feed_id = blog.feed(connection)
    naive = draft(published=NOW.replace(tzinfo=None))
    with pytest.raises(Exception, match="without a zone"), database.begin() as connection:
        posts.add_post(connection, feed_id, naive, baseline=False, now=NOW)


def test_a_post_begins_with_its_first_revision(database: Database) -> None:
    with database.begin() as connection:
        post_id = blog.post(connection)
        (first,) = posts.history(connection, post_id)
    assert (first.number, first.post_id, first.seen_at) == (1, post_id, NOW)
    assert first.revision == text("first of 1")
    assert first.change == Change(weight=Weight.NONE)


def test_the_history_is_kept_in_order_and_the_newest_is_found(database: Database) -> None:
    with database.begin() as connection:
        one, two = blog.post(connection, 1), blog.post(connection, 2)
        revise(connection, one, 2, now=LATER)
        revise(connection, one, 3, now=LATER, change=MINOR)
    with database.read() as connection:
        history = posts.history(connection, one)
        newest = posts.newest_revisions(connection, [one, two, 999])
        hashes = posts.newest_hashes(connection, [one, two, 999])
        assert posts.newest_revisions(connection, []) == {}
        assert posts.newest_hashes(connection, []) == {}
    assert [each.number for each in history] == [1, 2, 3]
    assert [each.change.weight for each in history] == [Weight.NONE, Weight.MAJOR, Weight.MINOR]
    assert history[1].change == MAJOR
    assert newest == {one: history[2], two: newest[two]}
    assert newest[two].number == 1
    assert hashes == {one: f"revision 3 of {one}", two: "first of 2"}


def test_any_text_survives(database: Database) -> None:
    words = "“Zoë” — 🎗️ naïve\u2028line\ttab\n\\0 %s :x ' \" -- \U0010ffff"
    hash_ = "0" * 64
    revision = Revision(title=words, html=f"<p>{words}</p>", text=words, text_hash=hash_)
    with database.begin() as connection:
        post_id = blog.post(connection, revision=revision, title=words)
        assert posts.history(connection, post_id)[0].revision == revision
        assert posts.known_posts(connection)[0].title == words


def test_a_known_post_takes_over_what_the_entry_says_now(database: Database) -> None:
    """Its number and when it was seen first stay."""
    with database.begin() as connection:
        post_id = blog.post(connection, baseline=True)
        changed = draft(5, title="Another", image=None, protected=True, updated=LATER)
        posts.update_post(connection, post_id, changed, now=LATER)
        row = connection.execute(post_table.select()).one()
    assert (row.id, row.title, row.post_number, row.image) == (post_id, "Another", 5, None)
    assert (row.first_seen_at, row.last_seen_at, row.updated) == (NOW, LATER, LATER)
    assert (row.protected, row.baseline) == (True, True)


def test_posts_that_are_still_there_are_touched(database: Database) -> None:
    with database.begin() as connection:
        one, two = blog.post(connection, 1), blog.post(connection, 2)
        posts.touch(connection, (each for each in [two]), now=LATER)
        posts.touch(connection, [], now=LATER)
        rows = connection.execute(post_table.select()).all()
    assert {row.id: row.last_seen_at for row in rows} == {one: NOW, two: LATER}


def test_lists_show_the_newest_first(database: Database) -> None:
    """By the post's own date; one without a date by when it was seen."""
    with database.begin() as connection:
        old = blog.post(connection, 1, published=NOW - timedelta(days=9))
        undated = blog.post(connection, 2, published=None, now=NOW - timedelta(days=1))
        new = blog.post(connection, 3, published=NOW)
        revise(connection, old, 2, now=LATER)
    with database.read() as connection:
        found = posts.summaries(connection)
        assert [each.id for each in found] == [new, undated, old]
        assert [each.id for each in posts.summaries(connection, limit=1)] == [new]
        assert posts.get(connection, old) == found[2]
        assert posts.get(connection, 999) is None
    assert (found[2].revisions, found[2].last_change) == (2, Weight.MAJOR)
    assert found[2].categories == ("Clinical Trials", "Ünïcode 🎗")


def test_the_latest_posts_are_shown_as_if_they_were_new(database: Database) -> None:
    """For a sample of a quiet week; protected ones are never shown."""
    with database.begin() as connection:
        blog.post(connection, 1, published=NOW - timedelta(days=2))
        two = blog.post(connection, 2, published=NOW - timedelta(days=1))
        blog.post(connection, 3, protected=True)
        revise(connection, two, 2, now=LATER)
    with database.read() as connection:
        (only,) = posts.latest(connection, 1)
        assert len(posts.latest(connection, 10)) == 2
        newest = posts.newest_revisions(connection, [two])[two]
    assert only == Candidate(
        post_id=two,
        title="Post 2",
        url="https://blog.example.org/post-2/",
        published=NOW - timedelta(days=1),
        updated=None,
        categories=("Clinical Trials", "Ünïcode 🎗"),
        image=Image(url="https://blog.example.org/a.png", alt="A path", width=100, height=50),
        newest=newest,
        shown=None,
    )
    assert newest.number == 2
