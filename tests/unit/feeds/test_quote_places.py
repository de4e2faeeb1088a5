"""A quotation says where its words stand, when they alone would leave it open."""

from __future__ import annotations

import pytest

from newsletter.feeds.clean import clean
from newsletter.feeds.compare import compare, revision_of
from newsletter.model.post import Change, Weight

BODY = "<p>The trial compares two ways to give the treatment, in three cities.</p>"
SITES = "<h3>Leeds</h3><p>Recruiting</p><h3>York</h3><p>Recruiting</p><h3>Bath</h3><p>Closed</p>"


def change(old: str, new: str) -> Change:
    one, other = (
        revision_of("A post", clean(BODY + said, base_url="https://blog.example/"))
        for said in (old, new)
    )
    return compare(one, other)


def test_short_lines_under_several_headings_are_quoted_with_them() -> None:
    """Else readers would see "Closed" once, and of no place."""
    found = change(SITES, SITES.replace("Recruiting", "Closed"))
    assert found.quote_text == "Leeds: Closed\nYork: Closed"
    assert found.quote_html == "<p>Leeds: Closed</p><p>York: Closed</p>"


def test_a_single_heading_is_named_by_the_sentence_alone() -> None:
    found = change(SITES, SITES.replace("Recruiting", "Closed", 1))
    assert (found.summary, found.quote_text) == ("One paragraph changed under “Leeds”", "Closed")


@pytest.mark.parametrize(
    ("lines", "quoted"),
    [
        ("Leeds: open<br>York: {}<br>Bath: open", "York: {}"),
        ("• Leeds open<br/>• York {}<br/>• Bath open", "• York {}"),
        ("1. Leeds is open<br>2. York is {}", "2. York is {}"),
        ("<strong>York</strong><br><b>Status:</b> {}<br><b>Phone:</b> 0113 496 0123", "Status: {}"),
    ],
)
def test_a_list_made_with_line_breaks_is_quoted_line_by_line(lines: str, quoted: str) -> None:
    """Run together, "open York: closed" says the opposite of what it means."""
    old, new = (f"<p>{lines.format(status)}</p>" for status in ("open", "closed"))
    assert change(old, new).quote_text == quoted.format("closed")


def test_a_line_break_in_prose_parts_no_sentence() -> None:
    old, new = (
        f"<p>The drug is used in the<br>city of Leeds, and<br>{status} to all.</p><p>Note: ask.</p>"
        for status in ("open", "closed")
    )
    assert change(old, new).quote_text == (
        "The drug is used in the city of Leeds, and closed to all."
    )


def test_a_date_is_quoted_with_what_it_is_the_date_of() -> None:
    found = change(
        "<p>14 May 2026. The patients meet.</p>", "<p>21 May 2026. The patients meet.</p>"
    )
    assert found.quote_text == "21 May 2026. The patients meet."


def test_the_date_of_an_update_that_moves_on_is_no_news() -> None:
    found = change(
        "<p>Update 14 May 2026: It has closed.</p>", "<p>Update 15 May 2026: It has closed.</p>"
    )
    assert found.weight is Weight.MINOR
