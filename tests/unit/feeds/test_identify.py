"""Posts are known again by guid, number, slug, or title and text, and never mistaken for others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.feeds.identify import Known, identity_of, match, match_all
from newsletter.model.feed import Entry
from newsletter.model.post import KnownPost

TEXT = (
    "The trial compares two doses of a drug in people who have had one treatment before. Ask first."
)
EDITED = f"{TEXT} It is now closed."
OTHER = (
    "A quite different matter: how I packed my bag for the hospital, and what I left at home again."
)


def known_as(entry: Entry, text: str, post_id: int) -> KnownPost:
    """What the store keeps of an entry: the marks without the address, which is the post's URL."""
    marks = replace(identity_of(entry, text), address=None)
    return replace(_BLANK, id=post_id, identity=marks, title=entry.title, url=entry.link or "")


def entry(
    title: str = "A trial of testinib", link: str | None = None, guid: str | None = None
) -> Entry:
    return Entry(id=guid, link=link, title=title)


_BLANK = KnownPost(id=0, identity=identity_of(entry(), ""), title="", url="")


def is_same(old: Entry, new: Entry, old_text: str = TEXT, new_text: str = EDITED) -> bool:
    known = Known.of([known_as(old, old_text, 7)])
    return match(identity_of(new, new_text), new.title, known) is not None


B = "https://blog.example"
SAME = {
    "scheme of the guid": (entry(guid="http://blog.example/?p=5"), entry("New", guid=f"{B}/?p=5")),
    "host case, port, slash": (
        entry(guid="http://Blog.example:80/a/"),
        entry("New", guid="https://blog.example:443/a"),
    ),
    "permalink": (
        entry(guid=f"{B}/?p=5", link=f"{B}/2019/01/16/a-trial/"),
        entry("New", guid=f"{B}/?p=5", link=f"{B}/2026/11/14/new-words/"),
    ),
    "host, same slug": (
        entry(guid="https://blog.com/?p=5", link="https://blog.com/2019/01/16/a-trial/"),
        entry("New", guid="https://blog.net/?p=5", link="https://blog.net/2026/01/16/a-trial/"),
    ),
    "host, same title": (entry(guid="https://blog.com/?p=5"), entry(guid="https://blog.net/?p=5")),
    "guid became a permalink": (
        entry(guid=f"{B}/?p=5", link=f"{B}/2019/a-trial/"),
        entry(guid=f"{B}/2019/a-trial/", link=f"{B}/2019/a-trial/"),
    ),
    "no guid, new title": (
        entry(link=f"{B}/2019/a-trial/"),
        entry("Renamed", link="http://blog.example/2019/a-trial"),
    ),
    "no guid, counted link": (
        entry(link=f"{B}/2019/a-trial/?utm_source=x"),
        entry("Renamed", link=f"{B}/2019/a-trial/"),
    ),
    "no guid, numeric link": (
        entry(link=f"{B}/news/2743422/"),
        entry("Renamed", link=f"{B}/news/2743422/"),
    ),
    "no guid, re-dated": (
        entry(link=f"{B}/2018/01/10/a-trial/"),
        entry(link=f"{B}/2024/10/26/a-trial/"),
    ),
    "no guid, proxy link": (
        entry(link="https://proxy.example/~r/x1"),
        entry(link="https://proxy.example/~r/y2"),
    ),
    "made-up guids": (
        entry(guid="8e1f", link=f"{B}/2019/a-trial/"),
        entry(guid="91aa", link=f"{B}/2019/a-trial/"),
    ),
    "one link for all": (entry(link=B), entry(link=B)),
    "no link at all": (entry(), entry()),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_post(name: str) -> None:
    """Whatever changed beside, with its text edited."""
    assert is_same(*SAME[name])


DIFFERENT = {
    "yearly": (
        entry("Happy new year", guid=f"{B}/?p=5", link=f"{B}/2025/01/01/happy-new-year/"),
        entry("Happy new year", guid=f"{B}/?p=9", link=f"{B}/2026/01/01/happy-new-year/"),
    ),
    "yearly, permalinks as guids": (
        entry(
            "Happy new year",
            guid=f"{B}/2025/01/01/happy-new-year/",
            link=f"{B}/2025/01/01/happy-new-year/",
        ),
        entry(
            "Happy new year",
            guid=f"{B}/2026/01/01/happy-new-year/",
            link=f"{B}/2026/01/01/happy-new-year/",
        ),
    ),
    "yearly, no guids": (
        entry("Happy new year", link=f"{B}/2025/01/01/happy-new-year/"),
        entry("Happy new year", link=f"{B}/2026/01/01/happy-new-year/"),
    ),
    "bare slug": (
        entry("Update", guid="a1", link=f"{B}/2025/update/"),
        entry("Update", guid="b2", link=f"{B}/2026/update/"),
    ),
    "number elsewhere": (
        entry("One", guid="https://a.example/?p=5"),
        entry("Two", guid="https://b.example/?p=5"),
    ),
    "one link for all": (
        entry("On Sartre", link="https://aldaily.example"),
        entry("On Camus", link="https://aldaily.example"),
    ),
    "one page for all": (
        entry("On Sartre", link=f"{B}/reading-list/"),
        entry("On Camus", link=f"{B}/reading-list/", guid="x"),
    ),
    "same outside link": (
        entry("One", guid=f"{B}/?p=5", link="https://times.example/a-big-story"),
        entry("Two", guid=f"{B}/?p=6", link="https://times.example/a-big-story"),
    ),
    "numeric slug": (
        entry("One", guid="a", link=f"{B}/2025/12/"),
        entry("Two", guid="b", link=f"{B}/2026/12/"),
    ),
    "made-up guids": (
        entry("One thing", guid="a", link=f"{B}/a/first-thing"),
        entry("Other thing", guid="b", link=f"{B}/b/first-thing"),
    ),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_another_post(name: str) -> None:
    """However alike they look; a false match would bury a new post."""
    assert not is_same(*DIFFERENT[name], new_text=OTHER)


def test_the_same_words_again_under_another_number_are_another_post() -> None:
    """A weekly open thread has the same title and text each time."""
    old = entry("Open thread", guid=f"{B}/?p=5", link=f"{B}/2026/01/open-thread/")
    new = entry("Open thread", guid=f"{B}/?p=9", link=f"{B}/2026/02/open-thread-2/")
    assert not is_same(old, new, TEXT, TEXT)


def test_wordpress_number_comes_from_guid_or_link() -> None:
    """`?p=` in either; the feed's own element wins."""
    assert identity_of(entry(guid=f"{B}/?p=17905"), "").post_number == 17905
    assert identity_of(entry(link=f"{B}/?p=12&preview=1"), "").post_number == 12
    assert identity_of(replace(entry(guid="x"), post_number=3), "").post_number == 3
    assert identity_of(entry(guid=f"{B}/?p=x"), "").post_number is None


@pytest.mark.parametrize(
    ("link", "slug"),
    [
        (f"{B}/2026/11/06/questions-to-ask/", "questions-to-ask"),
        (f"{B}/questions-to-ask.html?x=1#y", "questions-to-ask"),
        (f"{B}/caf%C3%A9-notes", "café-notes"),
        (f"{B}/2026/11/06/", None),
        (f"{B}/newsletter/", None),
        (f"{B}/12345", None),
        (B, None),
        ("not a link", None),
        ("http://[bad", None),
    ],
)
def test_slugs(link: str, slug: str | None) -> None:
    """Without date and extension; None where it could be any post's."""
    assert identity_of(entry(link=link), "").slug == slug


def test_an_entry_with_nothing_has_no_marks() -> None:
    """And matches nothing."""
    marks = identity_of(entry(""), "")
    assert (marks.guid, marks.post_number, marks.slug, marks.fingerprint) == (None,) * 4
    assert match(marks, "", Known.of([known_as(entry(""), "", 1)])) is None


def test_fingerprints_fit_their_column() -> None:
    """64 characters at most."""
    marks = identity_of(entry(), "word and word again " * 9_000)
    assert marks.fingerprint is not None
    assert len(marks.fingerprint) <= 64


def test_one_known_post_goes_to_one_entry() -> None:
    """To the one with the stronger mark."""
    known = Known.of([known_as(entry(guid="g1", link=f"{B}/a-trial/"), TEXT, 7)])
    by_slug = identity_of(entry(link=f"{B}/a-trial/"), TEXT)
    by_guid = identity_of(entry(guid="g1", link=f"{B}/b-trial/"), OTHER)
    found = match_all([(by_slug, "A trial of testinib"), (by_guid, "B")], known)
    assert [one.by for one in found] == ["new", "guid"]


def test_entries_that_repeat_are_duplicates_and_shared_guids_are_none() -> None:
    """The same item twice is one; a guid that all items share says nothing."""
    twice = identity_of(entry(guid="g1"), TEXT)
    assert sorted(m.by for m in match_all([(twice, "A"), (twice, "A")], Known.of([]))) == [
        "duplicate", "new",
    ]  # fmt: skip
    posts = [entry(title, guid=f"{B}/feed", link=f"{B}/{title}-post/") for title in ("One", "Two")]
    known = Known.of([known_as(posts[0], TEXT, 1), known_as(posts[1], OTHER, 2)])
    items = [(identity_of(posts[1], OTHER), "Two"), (identity_of(posts[0], EDITED), "One")]
    assert [m.known.id if m.known else None for m in match_all(items, known)] == [2, 1]


def test_many_posts_are_matched_without_quadratic_work() -> None:
    """Also where all have the same title, slug and number of words."""
    posts = [
        known_as(entry("Same", link=f"{B}/{i}/same-slug"), f"{TEXT} {i}", i) for i in range(4_000)
    ]
    known = Known.of(posts)
    items = [
        (identity_of(entry("Same", link=f"{B}/{i}/same-slug"), f"{OTHER} {i}"), "Same")
        for i in range(300)
    ]
    assert len(match_all(items, known)) == 300


# Laws

titles = st.sampled_from(["On Sartre", "Update", "A trial of testinib", "Happy new year", ""])
links = st.sampled_from(
    [
        None,
        B,
        f"{B}/update/",
        f"{B}/2025/01/01/happy-new-year/",
        f"{B}/2026/01/01/happy-new-year/",
        f"{B}/a-trial/",
    ]
)
guids = st.sampled_from(
    [None, f"{B}/?p=1", "http://blog.example/?p=2", "https://blog.net/?p=1", "x1", f"{B}/a-trial/"]
)
texts = st.sampled_from([TEXT, EDITED, OTHER, ""])
fetched = st.lists(
    st.tuples(st.builds(Entry, id=guids, link=links, title=titles), texts), max_size=7
)


def outcome(found: Sequence[tuple[Entry, str]], known: Known) -> dict[int, tuple[str, int | None]]:
    items = [(identity_of(one, text), one.title) for one, text in found]
    return {
        id(one): (m.by, m.known.id if m.known else None)
        for (one, _), m in zip(found, match_all(items, known), strict=True)
    }


@settings(max_examples=150)
@given(fetched, fetched, st.randoms(use_true_random=False))
def test_the_order_of_entries_does_not_matter(
    before: list[tuple[Entry, str]], after: list[tuple[Entry, str]], random: Random
) -> None:
    """Neither in the feed nor in the store; and no post is given to two entries."""
    posts = [known_as(one, text, at) for at, (one, text) in enumerate(before)]
    shuffled = random.sample(after, len(after))
    first = outcome(after, Known.of(posts))
    second = outcome(shuffled, Known.of(random.sample(posts, len(posts))))
    given_out = [known for _, known in first.values() if known is not None]
    assert len(given_out) == len(set(given_out))
    assert sorted(first.values(), key=repr) == sorted(second.values(), key=repr)


@settings(max_examples=150)
@given(fetched)
def test_a_feed_fetched_again_brings_nothing_new(found: list[tuple[Entry, str]]) -> None:
    """Every post of the first fetch is known at the second, as itself."""
    items = [(identity_of(one, text), one.title) for one, text in found]
    fresh = [at for at, m in enumerate(match_all(items, Known.of([]))) if m.by == "new"]
    posts = [known_as(found[at][0], found[at][1], at) for at in fresh]
    again = match_all(items, Known.of(posts))
    assert all(m.by != "new" for m in again if items)
    assert {m.known.id for m in again if m.known} == set(fresh)
