"""An edition with far too much in it: each form still fits into a mail, and loses no trial."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.config import load
from newsletter.editions.check import SIZE_LIMIT, mail_size
from newsletter.model.edition import (
    Channel,
    DigestItem,
    Edition,
    EditionState,
    Form,
    Tags,
    TrialUpdate,
)
from newsletter.pipeline.context import Context
from newsletter.pipeline.layout import Entries, Layout, lay_out
from newsletter.wiring import Wiring
from subscribers.model import Choice
from tests.acceptance.runner import Desk
from tests.digests import PICTURE, WEEK, a_line, a_note, new_post, trial_update, updated_post

SENTENCE = "The days are short now, and so is my battery; one third of each day stays empty. "
POSTS, TRIALS = 40, 25
NONCE = "0123abcd"
EVERY_FORM = [Choice(topics=(), form=form, count=1) for form in Form]

DRAFT = Edition(
    id=1,
    period=WEEK,
    channel=Channel.REHEARSAL,
    state=EditionState.DRAFT,
    nonce=NONCE,
    note="",
    reasons=(),
    checksum="",
    previewed_checksum="",
    transport="outbox",
    sender="",
    public_url="",
    undo_minutes=0,
    composed_at=datetime(2026, 11, 16, 8, tzinfo=UTC),
    frozen_at=None,
    planned_at=None,
    finished_at=None,
)


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    Desk(tmp_path).settings(["http://127.0.0.1/feed/"])
    wiring = Wiring(load(tmp_path / "newsletter.toml", {}), {})
    yield wiring.context(tell=lambda _line: None, progress=lambda _advance: None)
    wiring.close()


def posts(words: int) -> tuple[DigestItem, ...]:
    """Forty posts, a third of them updated, with so many sentences in each excerpt or quotation."""
    text = SENTENCE * words
    updated = [
        updated_post(
            number, title=f"Updated {number}", quote_text=text, quote_html=f"<p>{text}</p>"
        )
        for number in range(100, 100 + POSTS // 3)
    ]
    new = [
        new_post(number, title=f"Post {number}", excerpt=text, image=PICTURE)
        for number in range(1, POSTS - len(updated) + 1)
    ]
    return (*updated, *new)


def trials(words: int) -> tuple[TrialUpdate, ...]:
    return tuple(
        trial_update(note=a_note(number, line=a_line(number), details=(SENTENCE * words,)))
        for number in trial_numbers()
    )


def trial_numbers() -> list[str]:
    return [f"NCT000002{number:02}" for number in range(TRIALS)]


def laid_out(context: Context, *, words: int, details: int) -> Layout:
    entries = Entries(items=posts(words), trials=trials(details))
    return lay_out(context, DRAFT, entries, EVERY_FORM)


@pytest.mark.parametrize(("words", "details"), [(1, 0), (3, 1), (3, 5), (60, 1)])
def test_forty_posts_and_25_trial_changes_fit_with_every_trial_present(
    context: Context, words: int, details: int
) -> None:
    layout = laid_out(context, words=words, details=details)
    assert [finding for finding in layout.findings if finding.error] == []
    assert [variant.form for variant in layout.variants].count(Form.NORMAL) == 1
    assert {variant.form for variant in layout.variants} == set(Form)
    for variant in layout.variants:
        assert mail_size(variant, Tags.of(NONCE)) <= SIZE_LIMIT
        for number in trial_numbers():
            assert number in variant.html
            assert number in variant.text


def test_a_post_is_shown_or_comes_with_the_next_edition(context: Context) -> None:
    """None is in both, none in neither; the trials leave room for the first posts."""
    layout = laid_out(context, words=3, details=1)
    kept = [item.post_id for item in layout.shown.items]
    later = [item.post_id for item in layout.rolled_over]
    assert kept + later == [item.post_id for item in posts(3)]
    assert len(layout.shown.trials) == TRIALS
    normal = next(variant for variant in layout.variants if variant.form is Form.NORMAL)
    shown = [item for item in posts(3) if item.post_id in kept and item.title in normal.text]
    assert len(shown) > 10


def test_a_note_that_is_too_long_is_not_blamed_on_a_post(context: Context) -> None:
    draft = replace(DRAFT, note="Word " * 30_000)
    (hold,) = lay_out(context, draft, Entries(items=posts(3)[:2]), EVERY_FORM).holds
    assert hold.message == "The mail is too large without any post."
    assert "newsletter editions note" in hold.mend


def test_what_fits_is_not_cut(context: Context) -> None:
    few = Entries(items=posts(3)[:5], trials=trials(1)[:2])
    layout = lay_out(context, DRAFT, few, EVERY_FORM)
    assert layout.rolled_over == ()
    for variant in layout.variants:
        for item in few.items:
            said = (item.quote_text or item.excerpt).split()
            assert " ".join(said) in " ".join(variant.text.split())


def test_a_post_that_fits_into_no_mail_is_named_and_keeps_nothing_back_unsaid(
    context: Context,
) -> None:
    """Otherwise it, and all behind it, would be put off from week to week."""
    giant = replace(posts(3)[0], title="The end " + "<" * 30_000)
    for entries in (
        Entries(items=(giant,)),
        Entries(items=(giant, *posts(3)[1:3])),
        Entries(items=(giant,), trials=trials(1)),
    ):
        (hold,) = lay_out(context, DRAFT, entries, EVERY_FORM).holds
        assert "“The end <<<" in hold.message
        assert giant.url in hold.message
        assert len(hold.message) < 300
        assert "newsletter editions drop" in hold.mend
    behind = Entries(items=(*posts(3)[1:3], giant))
    layout = lay_out(context, DRAFT, behind, EVERY_FORM)
    assert layout.holds == ()
    assert layout.rolled_over == (giant,)
