"""What is quoted of a change: sentences that can stand on their own."""

from __future__ import annotations

import pytest

from newsletter.feeds.clean import clean
from newsletter.feeds.compare import compare, revision_of
from newsletter.model.post import Change, Revision, Weight

TABLE = (
    "<h2>Sites</h2><table><thead><tr><th>City</th><th>Status</th></tr></thead><tbody>"
    '<tr><td>Leeds</td><td>Open</td></tr><tr><td><a href="/lyon">Lyon</a></td><td>Open</td></tr>'
    "</tbody></table>"
)
BODY = (
    "<p>The clinic has a garden. It is open to adults. They are seen weekly.</p>"
    "<p>Ask your doctor about it when you are there.</p>"
)


def revision(body: str) -> Revision:
    return revision_of("T", clean(body, base_url="https://b.example/p/"))


def change(old: str, new: str) -> Change:
    return compare(revision(old), revision(new))


def test_a_sentence_that_leans_on_the_one_before_comes_with_it() -> None:
    found = change(BODY, BODY.replace("It is open", "It is closed"))
    assert found.quote_text == "The clinic has a garden. It is closed to adults."


def test_a_paragraph_that_leans_on_the_one_above_comes_with_its_end() -> None:
    found = change(BODY, BODY + "<p>This means that nobody is turned away at the gate.</p>")
    assert found.quote_text == (
        "Ask your doctor about it when you are there.\n"
        "This means that nobody is turned away at the gate."
    )
    assert found.quote_html.count("<p>") == 2


def test_under_a_heading_nothing_is_put_before_it() -> None:
    found = change(BODY, BODY + "<h2>Leeds</h2><p>It has a new waiting room by the river.</p>")
    assert found.summary == "One paragraph added under “Leeds”"
    assert found.quote_text == "It has a new waiting room by the river."


def test_an_item_leans_on_what_is_above_the_list() -> None:
    old = "<p>The study pays for the way there:</p><ul><li>Trains are paid in full</li></ul>"
    found = change(old, old.replace("</ul>", "<li>They also pay for a room near by</li></ul>"))
    assert found.quote_text.startswith("The study pays for the way there:\nThey also pay")


def test_what_it_leans_on_is_quoted_once() -> None:
    more = "<p>A bus goes there on Mondays.</p><p>It is free for all of us.</p>"
    assert change(BODY, BODY + more).quote_text == (
        "A bus goes there on Mondays.\nIt is free for all of us."
    )


def test_nothing_is_quoted_that_cannot_stand_alone() -> None:
    """What it leans on is longer than a quotation may be."""
    long = "<p>" + "and then there was another word " * 40 + ". It is open.</p>"
    found = change(long, long.replace("open", "closed"))
    assert (found.weight, found.quote_text) == (Weight.MAJOR, "")
    assert found.summary == "One paragraph changed"


def test_a_dated_section_is_quoted_without_what_stands_above() -> None:
    found = change(BODY, BODY + "<h3>Update 14 Nov 2026</h3><p>It has closed. They told me.</p>")
    assert found.quote_text == "It has closed. They told me."


@pytest.mark.parametrize(
    ("old", "new", "quoted", "html"),
    [
        (
            "<td>Leeds</td><td>Open",
            "<td>Leeds</td><td>Closed",
            "City: Leeds; Status: Closed",
            "<p>City: Leeds; Status: Closed</p>",
        ),
        (
            "Lyon</a></td><td>Open",
            "Lyon</a></td><td>Closed",
            "City: Lyon; Status: Closed",
            '<p>City: <a href="https://b.example/lyon">Lyon</a>; Status: Closed</p>',
        ),
    ],
)
def test_a_row_is_read_with_its_columns(old: str, new: str, quoted: str, html: str) -> None:
    found = change(BODY + TABLE, BODY + TABLE.replace(old, new))
    assert found.summary == "One table row changed under “Sites”"
    assert (found.quote_text, found.quote_html) == (quoted, html)


def test_columns_may_be_named_in_bold_or_not_at_all() -> None:
    bare = TABLE.replace("th>", "td>").replace("thead>", "tbody>")
    bold = bare.replace(
        "<td>City</td><td>Status</td>", "<td><b>City</b></td><td><b>Status</b></td>"
    )
    closed = ("<td>Leeds</td><td>Open", "<td>Leeds</td><td>Closed")
    assert change(bold, bold.replace(*closed)).quote_text == "City: Leeds; Status: Closed"
    assert change(bare, bare.replace(*closed)).quote_text == "Leeds: Closed"


def test_any_other_entry_in_a_table_is_news_but_its_spelling_is_not() -> None:
    assert change(TABLE, TABLE.replace("Leeds", "York")).weight is Weight.MAJOR
    assert change(TABLE, TABLE.replace("Leeds", "Leedss")).weight is Weight.MINOR


def test_what_tells_most_is_quoted_first() -> None:
    """When there is no room for all: the status, in the order of the text."""
    prose = "".join(
        f"<p>{'Nothing much was said about the weather in our town. ' * 3}Day {day}.</p>"
        for day in ("one", "two", "three")
    )
    found = change(BODY, BODY + prose + "<p>The study was terminated on Monday.</p>")
    assert found.quote_text.endswith("The study was terminated on Monday.")
    assert len(found.quote_text) <= 400


def test_sentences_of_the_old_text_are_not_quoted_as_new() -> None:
    """Though the paragraph is another one."""
    joined = BODY.replace("weekly.</p><p>Ask", "weekly. Bring a friend and a book along. Ask")
    found = change(BODY, joined)
    assert found.quote_text == "Bring a friend and a book along."
