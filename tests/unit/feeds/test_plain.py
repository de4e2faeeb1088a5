"""Titles as plain text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.feeds.plain import (
    from_html,
    from_text,
    repaired,
    storable,
    to_html,
    unescaped,
)


@pytest.mark.parametrize(("html", "text"), [
    ("Q&amp;A &#8211; part&nbsp;2", "Q&A – part 2"),
    ("A <em>new</em> trial<br/>opens", "A new trial opens"),
    ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
    ("p <0.05, x<y", "p <0.05, x<y"),
    ("use of &lt;b&gt;", "use of <b>"),
    ("It&amp;#8217;s here", "It’s here"),
    ("AT&amp;amp;T", "AT&T"),
    ("&amp;lt;kept&amp;gt;", "&lt;kept&gt;"),
    ("H<sub>2</sub>O and ¹⁷⁷Lu", "H2O and ¹⁷⁷Lu"),
    ("<script>alert(1)</script>Title<!-- x -->", "Title"),
    ('<a href="https://x.example/">Linked</a>', "Linked"),
    ("rÃ©siste et inquiÃ¨te", "résiste et inquiète"),
    ("Itâ€™s â€œquotedâ€\x9d", "It’s “quoted”"),
    ("voilÃ\xa0", "voilà"),
    ("a\u200bb\x00c\x07", "abc"),
    ("  two\n lines\t", "two lines"),
])  # fmt: skip
def test_an_html_title_becomes_a_line_of_text(html: str, text: str) -> None:
    assert from_html(html) == text


def test_a_plain_title_keeps_what_looks_like_a_tag() -> None:
    assert from_text("The <b> element &#8211; a guide") == "The <b> element – a guide"


@pytest.mark.parametrize("text", ["Größe", "São Paulo", "naïve café", "Ärzte & Öl", "Å", "“x”",
                                  "Новости", "Ä ö", "50 °C ± 2"])  # fmt: skip
def test_text_that_is_right_is_left_alone(text: str) -> None:
    assert repaired(text) == text


@given(st.text(alphabet="àéèüßÄøñçâ€’“–ő中 ab", min_size=1))
def test_text_encoded_twice_is_put_right(text: str) -> None:
    """Whatever Windows-1252 turned it into; a lone ASCII text has nothing to repair."""
    twice = "".join(
        bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode("utf-8")
    )
    assert repaired(twice) == text


@given(st.text())
def test_a_title_is_one_line_that_can_be_stored(text: str) -> None:
    line = from_html(storable(text))
    assert line == " ".join(line.split())
    assert "\x00" not in line
    line.encode("utf-8")


def test_plain_text_becomes_escaped_paragraphs() -> None:
    assert to_html(
        "p < 0.05\n& more\n\n\nNext"
    ) == "<p>p &lt; 0.05 & more</p>\n<p>Next</p>".replace("& more", "&amp; more")
    assert to_html(" \n ") == ""


@pytest.mark.parametrize(("given", "meant"), [
    ("&lt;p&gt;a &amp;amp; b&lt;/p&gt;", "<p>a &amp; b</p>"),
    ('&lt;!-- x --&gt;&lt;div class=&quot;md&quot;&gt;a&lt;/div&gt; by <a href="/x">b</a>',
     '<!-- x --><div class="md">a</div> by <a href="/x">b</a>'),
])  # fmt: skip
def test_html_that_was_escaped_twice_is_read_as_meant(given: str, meant: str) -> None:
    assert unescaped(given) == meant


@pytest.mark.parametrize("text", [
    "<p>Write &lt;p&gt;a&lt;/p&gt; for a paragraph.</p>",
    "Write &lt;p&gt;a&lt;/p&gt; for a paragraph.",
    "&lt;p&gt; is the tag of a paragraph.",
    "&lt; 0.05 &lt;/ is no tag",
    "5 &lt; 6",
])  # fmt: skip
def test_a_post_that_shows_code_keeps_it(text: str) -> None:
    assert unescaped(text) == text
