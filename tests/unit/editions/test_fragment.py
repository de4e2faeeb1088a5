"""Foreign HTML is made fit for a mail, whatever it is."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.editions.fragment import safe_fragment, safe_link

TAGS = ["p", "b", "a", "li", "ul", "h2", "img", "script", "style", "table", "td", "mj-text", "br"]


class Balance(HTMLParser):
    """Fails at the first tag that is closed out of turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "br":
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        assert {name for name, _ in attrs} <= {"href", "class"}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag == "br"


def balanced(html: str) -> Balance:
    reader = Balance()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def test_headings_become_bold_paragraphs() -> None:
    assert safe_fragment("<h2>Update</h2><p>Text</p>") == (
        "<p><strong>Update</strong></p><p>Text</p>"
    )


def test_a_picture_becomes_its_alternative_text() -> None:
    assert safe_fragment('<p><img src="https://x.example/y.png" alt="a map"></p>') == "<p>a map</p>"


def test_what_cannot_be_read_is_taken_back() -> None:
    picture = '<a href="https://x.example"><img src="https://x.example/y.png" alt=""></a>'
    assert safe_fragment(f"<p>a{picture}b</p><p><br></p><ul><li> </li></ul>") == "<p>a b</p>"


def test_only_web_and_mail_links_stay() -> None:
    html = '<a href="javascript:x">a</a><a href="mailto:x@y.example">b</a><a>c</a>'
    assert safe_fragment(html) == 'a<a class="link" href="mailto:x@y.example">b</a>c'


def test_what_runs_is_dropped_with_its_text() -> None:
    assert safe_fragment("<script>alert(1)</script><p onclick='x'>y</p>") == "<p>y</p>"


def test_words_in_cells_do_not_run_together() -> None:
    assert safe_fragment("<table><tr><td>Utrecht</td><td>open</td></tr></table>") == "Utrecht open"


def test_a_space_between_two_elements_stays() -> None:
    assert safe_fragment("<b>a</b>\n<i>b</i>") == "<b>a</b> <i>b</i>"


@pytest.mark.parametrize(
    ("given_address", "kept"),
    [
        ("https://blog.example.org/a b", "https://blog.example.org/a%20b"),
        ("HTTPS://blog.example.org/", "HTTPS://blog.example.org/"),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("https://", ""),
        ("//blog.example.org/", ""),
        ("https://[::1", ""),
        (None, ""),
    ],
)
def test_an_address_that_cannot_be_linked_is_none(given_address: str | None, kept: str) -> None:
    assert safe_link(given_address) == kept


pieces = st.one_of(
    st.text(max_size=20),
    st.sampled_from(TAGS).map(lambda tag: f"<{tag}>"),
    st.sampled_from(TAGS).map(lambda tag: f"</{tag}>"),
    st.sampled_from(
        ['<a href="javascript:x">', "<a href=https://x.example>", "<p onclick=x>", "<!--"]
    ),
)


@given(st.lists(pieces, max_size=12).map("".join))
def test_any_input_comes_out_balanced_and_harmless(html: str) -> None:
    links = balanced(safe_fragment(html)).links
    assert all(link.startswith(("http://", "https://", "mailto:")) for link in links)


@given(st.lists(pieces, max_size=12).map("".join))
def test_what_came_out_stays_as_it_is(html: str) -> None:
    once = safe_fragment(html)
    assert safe_fragment(once) == once
