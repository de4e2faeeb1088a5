"""Excerpts are whole sentences of paragraphs."""

from __future__ import annotations

import pytest

from newsletter.feeds.clean import clean
from newsletter.feeds.excerpt import excerpt, reading_minutes
from newsletter.feeds.sentences import sentences


def excerpt_of(raw: str, limit: int = 280) -> str:
    return excerpt(clean(raw, base_url="https://blog.example/"), limit)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dr. Hope met J. Doe. They spoke.", ["Dr. Hope met J. Doe.", "They spoke."]),
        ("Use a drug, e.g. Lanreotide. Next.", ["Use a drug, e.g. Lanreotide.", "Next."]),
        ("A vs. B took approx. 5 mg. Fine.", ["A vs. B took approx. 5 mg.", "Fine."]),
        (
            "See No. 5 for more. He said no. Then left.",
            ["See No. 5 for more.", "He said no.", "Then left."],
        ),
        ("It rose 3.5 points. Good!", ["It rose 3.5 points.", "Good!"]),
        ("Strosberg et al. Found it. Yes.", ["Strosberg et al. Found it.", "Yes."]),
        ("“Really?” she asked. Yes.", ["“Really?” she asked.", "Yes."]),
        ("Wait… what? Oh.", ["Wait… what?", "Oh."]),
        ("1. First. 2. Second.", ["1. First.", "2. Second."]),
        ("他走了。她笑了！好", ["他走了。", "她笑了！", "好"]),
    ],
)
def test_sentences_end_where_they_end(text: str, expected: list[str]) -> None:
    """Abbreviations, initials, decimals and numbered points do not end a sentence."""
    assert list(sentences(text)) == expected


def test_only_paragraphs_are_quoted() -> None:
    """Headings, tables, captions, lists and preformatted text are passed over."""
    raw = (
        "<h2>Title.</h2><table><tr><td>Cell.</td></tr></table><ul><li>Item.</li></ul>"
        "<figure><img src='/a.png'><figcaption>Caption.</figcaption></figure><pre>code.</pre>"
        "<p>First sentence. Second one.</p><p>Disclaimer</p><p>I am not a doctor.</p>"
    )
    assert excerpt_of(raw) == "First sentence. Second one."


def test_without_paragraphs_anything_is_better_than_nothing() -> None:
    """A post that is one list, or one heading, has an excerpt too."""
    assert excerpt_of("<ul><li>One item.</li></ul>") == "One item."
    assert excerpt_of("<h2>Only a title</h2>") == "Only a title"
    assert excerpt_of("<p>Thanks for reading</p>") == "Thanks for reading"


def test_sentences_stay_whole() -> None:
    """What does not fit is left out, not cut."""
    assert excerpt_of("<p>One two three. Four five six seven.</p>", 20) == "One two three."


def test_a_long_first_sentence_is_cut_at_a_word() -> None:
    """There is no whole sentence then, and the cut is marked."""
    assert excerpt_of("<p>alpha beta, gamma delta epsilon.</p>", 18) == "alpha beta, gamma…"
    assert excerpt_of("<p>alpha beta, gamma delta epsilon.</p>", 12) == "alpha beta…"


def test_footnote_marks_and_the_feeds_own_cut_are_not_quoted() -> None:
    """`[1]` goes, isotopes stay, and "[…]" is an ellipsis."""
    raw = "<p>Results of <sup>177</sup>Lu [1]. More is comi [&hellip;]</p>"
    assert excerpt_of(raw) == "Results of 177Lu. More is comi…"


@pytest.mark.parametrize(
    ("text", "minutes"), [("", 1), ("word " * 200, 1), ("word " * 1000, 5), ("字" * 1200, 3)]
)
def test_reading_takes_time(text: str, minutes: int) -> None:
    """200 words or 400 signs a minute, and never less than one."""
    assert reading_minutes(text) == minutes
