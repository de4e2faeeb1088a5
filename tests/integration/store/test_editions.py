"""Drafts that may change, and frozen editions that never do."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from newsletter.model.edition import (
    Channel,
    Choice,
    DigestItem,
    Edition,
    EditionState,
    Form,
    ItemKind,
)
from newsletter.model.post import Image
from newsletter.store import editions, posts
from newsletter.store.engine import Database
from newsletter.store.tables import edition_choice
from tests.integration.store import blog
from tests.integration.store.ledger import NOW, WEEK, variant, week

ALL = variant("all", "“New” posts — 🎗")


def item(connection: Connection, post_id: int, **changes: Any) -> DigestItem:
    """A post that is in the store, as an edition shows it."""
    newest = posts.newest_revisions(connection, [post_id])[post_id]
    values: dict[str, Any] = {
        "post_id": post_id,
        "revision_id": newest.id,
        "kind": ItemKind.UPDATED,
        "title": f"Post {post_id}",
        "url": "https://blog.example.org/",
        "published": NOW,
        "updated": None,
        "excerpt": "Words.",
        "image": Image(url="https://blog.example.org/a.png", alt="A path"),
        "reading_minutes": 4,
        "change": "New section.",
        "quote_html": "<p>Quote</p>",
        "quote_text": "Quote",
        "topics": ("living", "trials"),
    }
    return DigestItem(**{**values, **changes})


def save(connection: Connection, draft: Edition, checksum: str = "one", **changes: Any) -> bool:
    values: dict[str, Any] = {
        "state": EditionState.DRAFT,
        "reasons": [],
        "items": [],
        "left_out": [],
        "variants": [ALL],
        "choices": [],
        "now": NOW,
    }
    return editions.save_draft(connection, draft, checksum=checksum, **{**values, **changes})


def new(connection: Connection, number: int = 0, channel: Channel = Channel.REHEARSAL) -> Edition:
    return editions.create(connection, week(number), channel, "00ff")


def test_a_new_edition_is_an_empty_draft_of_its_period(database: Database) -> None:
    with database.begin() as connection:
        made = new(connection)
    with database.read() as connection:
        found = editions.find(connection, "2026-W47", Channel.REHEARSAL)
        assert editions.find(connection, "2026-W47", Channel.REAL) is None
        assert editions.find(connection, "2026-W48", Channel.REHEARSAL) is None
        assert editions.variants(connection, made.id) == []
        assert editions.subject(connection, made.id) == ""
        assert editions.items(connection, made.id) == []
    assert found == made
    assert made.period == WEEK
    assert made.key == "2026-W47"
    assert made.period.scheduled_at.tzinfo is UTC
    assert (made.state, made.reasons, made.nonce) == (EditionState.DRAFT, (), "00ff")
    assert (made.composed_at, made.frozen_at, made.planned_at) == (None, None, None)


def test_a_period_has_one_edition_in_each_channel(database: Database) -> None:
    with database.begin() as connection:
        new(connection)
        new(connection, channel=Channel.REAL)
    with pytest.raises(IntegrityError), database.begin() as connection:
        new(connection)


def test_editions_are_listed_newest_first(database: Database) -> None:
    with database.begin() as connection:
        one, two, three = (new(connection, number) for number in range(3))
        real = new(connection, 1, Channel.REAL)
        editions.move(connection, two.id, EditionState.DRAFT, EditionState.HELD)
    with database.read() as connection:
        ids = [each.id for each in editions.listed(connection)]
        rehearsed = editions.listed(connection, channel=Channel.REHEARSAL, limit=2)
        held = editions.listed(connection, states=[EditionState.HELD])
    assert ids == [three.id, real.id, two.id, one.id]
    assert [each.id for each in rehearsed] == [three.id, two.id]
    assert [each.id for each in held] == [two.id]


def test_what_a_draft_shows_comes_back_as_it_was(database: Database) -> None:
    choices = [
        Choice(topics="", form=Form.NORMAL, people=3, variant="all"),
        Choice(topics="trials", form=Form.LARGE, people=1, variant=None),
    ]
    with database.begin() as connection:
        first = item(connection, blog.post(connection, 1))
        bare = item(
            connection,
            blog.post(connection, 2),
            kind=ItemKind.NEW,
            image=None,
            published=None,
            updated=NOW,
            topics=(),
        )
        left = item(connection, blog.post(connection, 3))
        draft = new(connection)
        save(
            connection,
            draft,
            items=[bare, first],
            left_out=[left],
            variants=[variant("living"), ALL],
            choices=choices,
            reasons=["too big"],
            state=EditionState.HELD,
        )
    with database.read() as connection:
        after = editions.get(connection, draft.id)
        assert editions.items(connection, draft.id) == [bare, first]
        assert editions.items(connection, draft.id, dropped=True) == [left]
        assert editions.dropped_posts(connection, draft.id) == {left.post_id}
        assert editions.variants(connection, draft.id) == [ALL, variant("living")]
        assert editions.subject(connection, draft.id) == ALL.subject
        rows = connection.execute(select(edition_choice)).all()
    assert (after.state, after.reasons, after.checksum, after.composed_at) == (
        EditionState.HELD,
        ("too big",),
        "one",
        NOW,
    )
    assert {(row.topics, row.form, row.variant) for row in rows} == {
        ("", "normal", "all"),
        ("trials", "large", None),
    }


def test_composing_again_replaces_all_of_it(database: Database) -> None:
    with database.begin() as connection:
        old, fresh = (item(connection, blog.post(connection, number)) for number in (1, 2))
        draft = new(connection)
        both = [ALL, variant("living")]
        choice = Choice(topics="x", form=Form.NORMAL, people=1, variant="living")
        save(connection, draft, items=[old], variants=both, choices=[choice])
        save(connection, draft, "two", items=[fresh])
        assert editions.items(connection, draft.id) == [fresh]
        assert editions.variants(connection, draft.id) == [ALL]
        assert connection.execute(select(edition_choice)).all() == []
        assert editions.get(connection, draft.id).checksum == "two"


def test_posts_are_left_out_and_taken_in_again(database: Database) -> None:
    with database.begin() as connection:
        one, two = (item(connection, blog.post(connection, number)) for number in (1, 2))
        draft = new(connection)
        save(connection, draft, items=[one, two])
        assert editions.drop(connection, draft.id, one.post_id, dropped=True)
        assert not editions.drop(connection, draft.id, 999, dropped=True)
        assert editions.items(connection, draft.id) == [two]
        assert editions.drop(connection, draft.id, one.post_id, dropped=False)
        assert editions.items(connection, draft.id) == [one, two]
        editions.drop_all(connection, draft.id)
        assert editions.dropped_posts(connection, draft.id) == {one.post_id, two.post_id}


def test_the_state_changes_only_from_where_it_is_thought_to_be(database: Database) -> None:
    with database.begin() as connection:
        draft = new(connection)
        assert not editions.move(connection, draft.id, EditionState.HELD, EditionState.FROZEN)
        assert editions.get(connection, draft.id).state is EditionState.DRAFT
        assert editions.move(
            connection, draft.id, EditionState.DRAFT, EditionState.HELD, finished_at=NOW
        )
        after = editions.get(connection, draft.id)
    assert (after.state, after.finished_at) == (EditionState.HELD, NOW)


def frozen(connection: Connection, draft: Edition, **changes: Any) -> bool:
    values: dict[str, Any] = {
        "transport": "outbox",
        "sender": "A <a@example.org>",
        "public_url": "https://news.example.org",
        "undo_minutes": 30,
        "plan_until": 7,
    }
    return editions.freeze(connection, draft, now=NOW, **{**values, **changes})


def test_freezing_keeps_the_bytes_and_the_terms(database: Database) -> None:
    with database.begin() as connection:
        draft = new(connection)
        save(connection, draft, state=EditionState.HELD, reasons=["look"])
        draft = editions.get(connection, draft.id)
        assert frozen(connection, draft)
        after = editions.get(connection, draft.id)
    assert (after.state, after.reasons, after.checksum) == (EditionState.FROZEN, (), "one")
    assert (after.transport, after.sender, after.public_url, after.undo_minutes) == (
        "outbox",
        "A <a@example.org>",
        "https://news.example.org",
        30,
    )
    assert after.frozen_at == NOW


@pytest.mark.parametrize("meanwhile", ["composed again", "held", "frozen"])
def test_only_the_bytes_that_were_looked_at_are_frozen(database: Database, meanwhile: str) -> None:
    with database.begin() as connection:
        draft = new(connection)
        save(connection, draft)
        draft = editions.get(connection, draft.id)
        if meanwhile == "composed again":
            save(connection, draft, "two")
        elif meanwhile == "held":
            editions.move(connection, draft.id, EditionState.DRAFT, EditionState.HELD)
        else:
            assert frozen(connection, draft)
        before = editions.get(connection, draft.id)
        assert not frozen(connection, draft, transport="smtp")
        assert editions.get(connection, draft.id) == before


def test_a_frozen_edition_takes_no_note_and_no_new_contents(database: Database) -> None:
    with database.begin() as connection:
        draft = new(connection)
        editions.set_note(connection, draft.id, "Hello *there*")
        save(connection, draft)
        draft = editions.get(connection, draft.id)
        assert draft.note == "Hello *there*"
        assert frozen(connection, draft)
        before = editions.get(connection, draft.id)
        editions.set_note(connection, draft.id, "Too late")
        assert editions.get(connection, draft.id) == before


def test_what_was_previewed_is_remembered(database: Database) -> None:
    with database.begin() as connection:
        draft = new(connection)
        editions.note_preview(connection, draft.id, "one")
        assert editions.get(connection, draft.id).previewed_checksum == "one"


def test_two_freeze_at_once_and_one_wins(database: Database, migrated_url: str) -> None:
    """The loser finds it frozen, and changes nothing."""
    with database.begin() as connection:
        draft = new(connection)
        save(connection, draft)
        draft = editions.get(connection, draft.id)
    with database.begin() as connection:
        assert frozen(connection, draft)
    with database.begin() as connection:
        assert not frozen(connection, draft, sender="B <b@example.org>")
    with database.read() as connection:
        assert editions.get(connection, draft.id).sender == "A <a@example.org>"


def test_saving_a_draft_that_was_frozen_meanwhile_changes_nothing(database: Database) -> None:
    """A second process may compose while the first one freezes."""
    with database.begin() as connection:
        one = item(connection, blog.post(connection, 1))
        draft = new(connection)
        save(connection, draft, items=[one])
        draft = editions.get(connection, draft.id)
        assert frozen(connection, draft)
    with database.begin() as connection:
        other = [variant("all", "Other")]
        assert not save(connection, draft, "two", items=[], variants=other)
    with database.read() as connection:
        assert editions.get(connection, draft.id).checksum == "one"
        assert editions.items(connection, draft.id) == [one]
        assert editions.variants(connection, draft.id) == [ALL]


def test_nothing_is_dropped_from_a_frozen_edition(database: Database) -> None:
    """It would be told to readers again, or not at all."""
    with database.begin() as connection:
        one = item(connection, blog.post(connection, 1))
        draft = new(connection)
        save(connection, draft, items=[one])
        draft = editions.get(connection, draft.id)
        assert frozen(connection, draft)
        assert not editions.drop(connection, draft.id, one.post_id, dropped=True)
        assert editions.items(connection, draft.id) == [one]


def test_a_later_period_is_another_edition(database: Database) -> None:
    with database.begin() as connection:
        assert new(connection).period.scheduled_at + timedelta(weeks=1) == (
            new(connection, 1).period.scheduled_at
        )
