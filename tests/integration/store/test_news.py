"""What counts as news for a channel: everything its readers were not shown."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from newsletter.model.edition import Channel, DigestItem, EditionState, ItemKind
from newsletter.store import editions, news, posts
from newsletter.store.engine import Database
from tests.integration.store import blog
from tests.integration.store.blog import MINOR, revise
from tests.integration.store.ledger import NOW, variant, week

REHEARSAL, REAL = Channel.REHEARSAL, Channel.REAL
EARLY = NOW - timedelta(days=30)
LATER = NOW + timedelta(days=1)


def found(
    connection: Connection, channel: Channel = REHEARSAL, since: datetime = EARLY
) -> dict[int, tuple[int, int | None]]:
    """For each post that is news: the numbers of its newest revision and of the one shown."""
    return {
        each.post_id: (each.newest.number, each.shown.number if each.shown else None)
        for each in news.candidates(connection, channel, since)
    }


def edition(
    connection: Connection,
    *shown: int,
    state: EditionState = EditionState.SENT,
    left_out: tuple[int, ...] = (),
    channel: Channel = REHEARSAL,
    number: int = 0,
) -> int:
    """An edition that showed these posts as they are now; it was frozen unless it is a draft."""
    draft = editions.create(connection, week(number), channel, "00ff")
    editions.save_draft(
        connection,
        draft,
        state=EditionState.DRAFT,
        reasons=[],
        checksum="one",
        items=[_item(connection, post_id) for post_id in shown],
        left_out=[_item(connection, post_id) for post_id in left_out],
        variants=[variant("all")],
        choices=[],
        now=NOW,
    )
    if state is not EditionState.DRAFT:
        draft = editions.get(connection, draft.id)
        assert editions.freeze(connection, draft, now=NOW, plan_until=0)
        editions.move(connection, draft.id, EditionState.FROZEN, state)
    return draft.id


def _item(connection: Connection, post_id: int) -> DigestItem:
    newest = posts.newest_revisions(connection, [post_id])[post_id]
    return DigestItem(
        post_id=post_id,
        revision_id=newest.id,
        kind=ItemKind.NEW,
        title="A title",
        url="https://blog.example.org/",
        published=None,
        updated=None,
    )


def test_the_baseline_of_a_channel_is_fixed_once(database: Database) -> None:
    with database.begin() as connection:
        assert news.baseline(connection, REHEARSAL) is None
        news.set_baseline(connection, REHEARSAL, NOW)
        assert news.baseline(connection, REHEARSAL) == NOW
        assert news.baseline(connection, REAL) is None
    with pytest.raises(IntegrityError), database.begin() as connection:
        news.set_baseline(connection, REHEARSAL, LATER)


def test_a_post_nobody_was_shown_is_new(database: Database) -> None:
    with database.begin() as connection:
        post_id = blog.post(connection)
        assert found(connection) == {post_id: (1, None)}


def test_a_post_known_at_the_baseline_is_news_only_when_it_changes(database: Database) -> None:
    with database.begin() as connection:
        post_id = blog.post(connection, baseline=True)
        assert found(connection) == {}
        revise(connection, post_id, 2, now=LATER)
        assert found(connection) == {post_id: (2, 1)}


def test_what_a_channel_s_readers_could_see_before_it_began_is_not_news_for_it(
    database: Database,
) -> None:
    """The real channel begins after weeks of rehearsal: it tells only what changes from then on."""
    with database.begin() as connection:
        post_id = blog.post(connection)
        revise(connection, post_id, 2, now=LATER)
        assert found(connection, since=NOW) == {post_id: (2, 1)}
        assert found(connection, since=LATER) == {}
        assert found(connection, since=NOW - timedelta(seconds=1)) == {post_id: (2, None)}


@pytest.mark.parametrize(
    "state",
    [
        EditionState.FROZEN,
        EditionState.SENDING,
        EditionState.PAUSED,
        EditionState.CANCELLING,
        EditionState.SCHEDULED,
        EditionState.SENT,
        EditionState.PARTIAL,
    ],
)
def test_what_a_frozen_edition_shows_is_no_news_any_more(
    database: Database, state: EditionState
) -> None:
    """Unless it changes after that; then the reader is told what is new since then."""
    with database.begin() as connection:
        post_id = blog.post(connection)
        edition(connection, post_id, state=state)
        assert found(connection) == {}
        revise(connection, post_id, 2, now=LATER, change=MINOR)
        revise(connection, post_id, 3, now=LATER)
        assert found(connection) == {post_id: (3, 1)}


def test_a_draft_has_shown_nothing_to_anybody(database: Database) -> None:
    with database.begin() as connection:
        post_id = blog.post(connection)
        edition(connection, post_id, state=EditionState.DRAFT)
        assert found(connection) == {post_id: (1, None)}


def test_a_cancelled_edition_has_shown_nothing_but_what_was_left_out_stays_out(
    database: Database,
) -> None:
    with database.begin() as connection:
        shown, left = blog.post(connection, 1), blog.post(connection, 2)
        edition(connection, shown, left_out=(left,), state=EditionState.CANCELLED)
        assert found(connection) == {shown: (1, None)}
        revise(connection, left, 2, now=LATER)
        assert found(connection) == {shown: (1, None), left: (2, 1)}


def test_what_the_admin_left_out_of_an_edition_that_went_out_is_not_told_later(
    database: Database,
) -> None:
    with database.begin() as connection:
        left = blog.post(connection)
        edition(connection, left_out=(left,))
        assert found(connection) == {}


def test_a_rehearsal_uses_up_no_news_of_the_real_channel(database: Database) -> None:
    with database.begin() as connection:
        post_id = blog.post(connection)
        edition(connection, post_id, channel=REHEARSAL)
        assert found(connection, REHEARSAL) == {}
        assert found(connection, REAL) == {post_id: (1, None)}
        edition(connection, post_id, channel=REAL)
        assert found(connection, REAL) == {}


def test_the_last_of_several_editions_counts(database: Database) -> None:
    with database.begin() as connection:
        post_id = blog.post(connection)
        edition(connection, post_id)
        revise(connection, post_id, 2, now=LATER)
        edition(connection, post_id, number=1)
        revise(connection, post_id, 3, now=LATER)
        assert found(connection) == {post_id: (3, 2)}


def test_a_protected_post_is_never_news(database: Database) -> None:
    with database.begin() as connection:
        post_id = blog.post(connection, protected=True)
        revise(connection, post_id, 2, now=LATER)
        assert found(connection) == {}


def test_how_many_posts_the_feeds_showed_last(database: Database) -> None:
    """Those that have aged out of the window are not counted, nor those that are left out."""
    with database.begin() as connection:
        blog.post(connection, 1, now=NOW - timedelta(days=7))
        two, three = blog.post(connection, 2), blog.post(connection, 3)
        assert news.posts_in_last_answers(connection, without=[]) == 2
        assert news.posts_in_last_answers(connection, without=[two]) == 1
        assert news.posts_in_last_answers(connection, without=[two, three, 999]) == 0
