"""Posts whose changes are always news, or never."""

from __future__ import annotations

import pytest

from newsletter.feeds.clean import clean
from newsletter.feeds.compare import revision_of
from newsletter.feeds.pins import Patterns, Scale, matches
from newsletter.feeds.weighing import Rules
from newsletter.model.post import Pin, Revision, Weight

URL = "https://Blog.example.org/2020/01/02/an-index/"


def revision(text: str) -> Revision:
    return revision_of("A post", clean(text, base_url=URL))


OLD = revision("<p>One post about the weather.</p><p>I went to see it myself.</p>")
TYPO = revision("<p>One post about the weathr.</p><p>I went to see it myself.</p>")
NEWS = revision("<p>One post about the weather.</p><p>Two posts about the clinic in Leeds.</p>")


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        (URL, True),
        ("blog.example.org/2020/01/02/an-index", True),
        ("http://blog.example.org/*", True),
        ("*/an-index/", True),
        ("*/an-index", True),
        ("*index*", True),
        ("*", True),
        ("*/index/", False),
        ("blog.example.org", False),
        ("", False),
        ("*.example.org/[0-9]*", False),
    ],
)
def test_a_star_stands_for_anything_and_nothing_else_does(pattern: str, meant: bool) -> None:
    assert matches(pattern, URL) is meant


def test_exceptions_go_before_never_and_never_before_always() -> None:
    everything = Patterns(always=["*"], never=["*/an-*"], normal=["*/an-index"])
    assert everything.pin(URL) is Pin.NORMAL
    assert everything.pin("https://blog.example.org/an-other/") is Pin.NEVER
    assert everything.pin("https://blog.example.org/one/") is Pin.ALWAYS
    assert Patterns().pin(URL) is Pin.NORMAL


def test_what_is_set_for_a_post_goes_before_the_patterns() -> None:
    scale = Scale(patterns=Patterns(never=["*"]), pins={7: Pin.NORMAL, 8: Pin.ALWAYS})
    assert [scale.pin(number, URL) for number in (6, 7, 8)] == [Pin.NEVER, Pin.NORMAL, Pin.ALWAYS]


@pytest.mark.parametrize(
    ("pin", "typo", "news"),
    [
        (Pin.NORMAL, Weight.MINOR, Weight.MAJOR),
        (Pin.ALWAYS, Weight.MAJOR, Weight.MAJOR),
        (Pin.NEVER, Weight.MINOR, Weight.MINOR),
    ],
)
def test_a_pin_decides_over_whatever_differs(pin: Pin, typo: Weight, news: Weight) -> None:
    scale = Scale(pins={1: pin})
    assert scale.weigh(1, URL, OLD, TYPO).weight is typo
    assert scale.weigh(1, URL, OLD, NEWS).weight is news
    assert scale.weigh(1, URL, OLD, OLD).weight is Weight.NONE


def test_always_says_and_quotes_even_a_typing_error() -> None:
    found = Scale(pins={1: Pin.ALWAYS}).weigh(1, URL, OLD, TYPO)
    assert found.summary == "One paragraph changed"
    assert found.quote_text == "One post about the weathr."
    assert found.reasons == ("pinned: always news", "1 letter in 1 paragraph")


def test_always_speaks_even_of_what_was_taken_out() -> None:
    shorter = revision("<p>One post about the weather.</p>")
    found = Scale(pins={1: Pin.ALWAYS}).weigh(1, URL, OLD, shorter)
    assert (found.weight, found.quote_text) == (Weight.MAJOR, "")
    assert found.summary == "A part of the text was taken out"


def test_never_says_in_its_reasons_that_it_was_pinned() -> None:
    found = Scale(pins={1: Pin.NEVER}).weigh(1, URL, OLD, NEWS)
    assert found.reasons[0] == "pinned: never news"
    assert found.summary == found.quote_text == ""


def test_the_settings_move_the_thresholds() -> None:
    """A paragraph of so many words, so many new words, words of the admin's own."""
    four = revision("<p>One post about the weather.</p><p>I went to see it myself.</p><p>Rain all"
                    " day long.</p>")  # fmt: skip
    assert Scale().weigh(1, URL, OLD, four).weight is Weight.MINOR
    assert Scale(rules=Rules(paragraph_words=4)).weigh(1, URL, OLD, four).weight is Weight.MAJOR
    other = revision("<p>One post about the storm.</p><p>I went to see it myself.</p>")
    assert Scale().weigh(1, URL, OLD, other).weight is Weight.MINOR
    own = Rules(status_words=frozenset({"storm"}))
    assert Scale(rules=own).weigh(1, URL, OLD, other).weight is Weight.MAJOR
    assert Scale(rules=Rules(new_words=1)).weigh(1, URL, OLD, other).weight is Weight.MAJOR
