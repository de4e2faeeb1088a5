"""What is personal is put in at the end."""

from __future__ import annotations

from newsletter.model.personal import Links, fill_html, fill_text
from tests.digests import TAGS

LINKS = Links(
    unsubscribe="https://news.example.org/u/1?a=1&b=2",
    preferences="mailto:news@example.org?subject=Change%20what%20I%20get",
    view='https://news.example.org/v/"1"',
)


def test_a_link_is_escaped_for_html_and_not_for_text() -> None:
    html = fill_html(f'<a href="{TAGS.unsubscribe_html}">x</a>', TAGS, LINKS)
    assert html == '<a href="https://news.example.org/u/1?a=1&amp;b=2">x</a>'
    assert fill_text(TAGS.unsubscribe_text, TAGS, LINKS) == LINKS.unsubscribe


def test_every_tag_is_filled_in_its_own_part_only() -> None:
    everything = " ".join(TAGS.all())
    html, text = fill_html(everything, TAGS, LINKS), fill_text(everything, TAGS, LINKS)
    assert [tag for tag in TAGS.all() if tag in html] == [
        TAGS.unsubscribe_text,
        TAGS.preferences_text,
        TAGS.view_text,
    ]
    assert [tag for tag in TAGS.all() if tag in text] == [
        TAGS.unsubscribe_html,
        TAGS.preferences_html,
        TAGS.view_html,
    ]
    assert '"' not in html
