"""Which posts an edition shows, in which order, and to whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.editions.select import (
    Topic,
    Variant,
    for_variant,
    select,
    topics_of,
    variant_for,
    variants_of,
)
from newsletter.model.edition import DigestItem, Form, ItemKind
from newsletter.model.post import Candidate, Change, Revision, StoredRevision, Weight
from subscribers.model import Choice

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
TOPICS = (
    Topic(key="trials", categories=("Clinical Trials",)),
    Topic(key="living", categories=("Living Well",), title_pattern="(?i)winter"),
)
KEYS = ("trials", "living")


def stored(post_id: int, number: int) -> StoredRevision:
    text = f"{post_id}/{number}"
    return StoredRevision(
        id=post_id * 100 + number,
        post_id=post_id,
        number=number,
        seen_at=NOW,
        revision=Revision(title="t", html="", text=text, text_hash=text),
        change=Change(weight=Weight.NONE),
    )


def candidate(
    post_id: int,
    *,
    shown: int | None = None,
    days: int = 0,
    categories: tuple[str, ...] = (),
    title: str = "A post",
) -> Candidate:
    return Candidate(
        post_id=post_id,
        title=title,
        url="https://blog.example.org/",
        published=NOW - timedelta(days=days),
        updated=None,
        categories=categories,
        image=None,
        newest=stored(post_id, 9),
        shown=None if shown is None else stored(post_id, shown),
    )


def present(found: Candidate, kind: ItemKind, change: Change | None) -> DigestItem:
    return DigestItem(
        post_id=found.post_id,
        revision_id=found.newest.id,
        kind=kind,
        title=found.title,
        url=found.url,
        published=found.published,
        updated=found.updated,
        change=change.summary if change else "",
    )


def compare(found: Candidate, old: Revision) -> Change:
    """The weight by the number of the revision that was shown: 1 major, 2 minor, 3 none."""
    weights = {"1": Weight.MAJOR, "2": Weight.MINOR, "3": Weight.NONE}
    newest = found.newest.revision.text
    return Change(weight=weights[old.text[-1]], summary=f"{old.text} to {newest}")


def chosen(candidates: Sequence[Candidate]) -> list[DigestItem]:
    return select(candidates, TOPICS, compare=compare, present=present)


def test_a_post_nobody_was_shown_is_new_and_one_with_a_major_change_is_updated() -> None:
    items = chosen(
        [candidate(1), candidate(2, shown=1), candidate(3, shown=2), candidate(4, shown=3)]
    )
    assert [(item.post_id, item.kind) for item in items] == [(2, "updated"), (1, "new")]


def test_it_is_compared_with_what_readers_saw_last_whatever_happened_in_between() -> None:
    (item,) = chosen([candidate(5, shown=1)])
    assert item.change == "5/1 to 5/9"


@given(st.permutations(range(8)))
def test_the_order_is_latest_first_whatever_order_the_store_gives(order: list[int]) -> None:
    posts = [candidate(n, days=n, shown=1 if n % 2 else None) for n in range(8)]
    items = chosen([posts[index] for index in order])
    assert [item.post_id for item in items] == [1, 3, 5, 7, 0, 2, 4, 6]


@pytest.mark.parametrize(
    ("categories", "title", "expected"),
    [
        (("clinical trials",), "A", ("trials",)),
        (("Living Well", "Clinical Trials"), "A", ("trials", "living")),
        (("News",), "Winter, and the art of pacing", ("living",)),
        (("News",), "A", ()),
    ],
)
def test_a_post_belongs_to_topics_by_category_or_title(
    categories: tuple[str, ...], title: str, expected: tuple[str, ...]
) -> None:
    assert topics_of(candidate(1, categories=categories, title=title), TOPICS) == expected


def test_a_post_without_a_topic_goes_to_everybody_and_others_to_who_chose_them() -> None:
    items = chosen([candidate(1), candidate(2, categories=("Clinical Trials",))])
    living = Variant(topics=("living",), form=Form.NORMAL)
    trials = Variant(topics=("trials",), form=Form.NORMAL)
    assert {item.post_id for item in for_variant(items, living)} == {1}
    assert {item.post_id for item in for_variant(items, trials)} == {1, 2}


@pytest.mark.parametrize(
    ("topics", "form", "key"),
    [
        ((), Form.NORMAL, "all"),
        (("trials",), Form.NORMAL, "trials"),
        (("living", "trials"), Form.NORMAL, "all"),  # all there are is the same as everything
        (("gone",), Form.NORMAL, "all"),  # a topic the settings no longer know
        (("gone", "living"), Form.LARGE, "living.large"),
        ((), Form.PLAIN, "all.plain"),
    ],
)
def test_a_choice_has_one_variant(topics: tuple[str, ...], form: Form, key: str) -> None:
    assert variant_for(topics, form, KEYS).key == key


@given(
    st.lists(
        st.builds(
            Choice,
            topics=st.lists(st.sampled_from([*KEYS, "gone"]), unique=True).map(tuple),
            form=st.sampled_from(Form),
            count=st.integers(1, 9),
        )
    )
)
def test_every_choice_finds_its_variant_and_everybody_elses_is_always_there(
    choices: list[Choice],
) -> None:
    variants = variants_of(choices, KEYS)
    assert variants[0].key == "all"
    assert len({variant.key for variant in variants}) == len(variants)
    wanted = {variant_for(choice.topics, choice.form, KEYS) for choice in choices}
    assert wanted <= set(variants)
