"""Laws of cleaning: whatever goes in, what comes out is safe, renders, and is stable."""

from __future__ import annotations

import html as entities
import re

from hypothesis import given, settings
from hypothesis import strategies as st
from mjml import mjml2html

from newsletter.feeds.blocks import blocks
from newsletter.feeds.clean import clean
from newsletter.feeds.excerpt import excerpt

PIECES = [
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<b>",
    "</b>",
    "<i>",
    "</i>",
    "<ul>",
    "<li>",
    "</ul>",
    "<table>",
    "<tr>",
    "<td>",
    "</td>",
    "</tr>",
    "</table>",
    "<br>",
    "<hr/>",
    "<pre>",
    "</pre>",
    "<blockquote>",
    "<script>alert(1)</script>",
    "<script>",
    "<style>p{}</style>",
    "<style>",
    "</style>",
    "<svg>",
    "<math><mi>",
    "<noscript>",
    "</noscript>",
    "<form action=x>",
    "</form>",
    "<textarea>",
    "<title>",
    "<iframe src='https://www.youtube.com/embed/abcdefg'>",
    "</iframe>",
    "<object data=x.swf>",
    "<video src=/v.mp4>",
    "</video>",
    "<img src=x onerror=alert(1)>",
    "<img src='data:image/png;base64,x'>",
    "<img src=/a.png alt='“>” \"q\" <b>'>",
    "<a href='javascript:alert(1)'>",
    "<a href=' java\tscript:x'>",
    "<a href='/x?a=1&b=2'>",
    "<a href='https://x.example/\u0430>'>",
    "</a>",
    "<p onclick='x()'>",
    "<p style='color:red'>",
    "<mj-text>",
    "</mj-text>",
    "<!-- c -->",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?php",
    "&gt;",
    "&lt;script&gt;",
    "&amp;",
    "&#11;",
    "&#0;",
    "&nbsp;",
    "&bogus;",
    "&",
    "<",
    ">",
    "“>”",
    "é>",
    "€ > 5",
    "\n",
    "\t",
    "\r\n",
    "\x00",
    "\x0b",
    "\x1f",
    "\u2028",
    "\ud800",
    "\ufffe",
    "🦓",
    "words",
    " ",
    "[gallery]",
    "[caption id=1]",
    "[/caption]",
    "[sic]",
    "[audio src='http://a.example/a.mp3']",
    "[embed]http://a.example/[/embed]",
    "<h2>",
    "</h2>",
    "<figure>",
    "<figcaption>",
    "Loading...",
    "{{ x }}",
    "{% y %}",
    "<template>",
    "<plaintext>",
    "<select>",
    "<frameset>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh>",
    "<link rel=stylesheet href=x>",
    "<a name=x>",
    "<sup>",
    "</sup>",
    "</",
]
posts = st.lists(st.sampled_from(PIECES) | st.text(max_size=12), max_size=25).map("".join)
ALLOWED = re.compile(
    r"a|abbr|b|blockquote|br|caption|cite|code|dd|del|div|dl|dt|em|figcaption|figure|h[1-6]|hr|i|img"
    r"|ins|kbd|li|mark|ol|p|pre|q|s|samp|small|strong|sub|sup|table|tbody|td|tfoot|th|thead|tr|u|ul|var"
)
TAG = re.compile(r'<(/?)([a-zA-Z][^\s>/]*)((?:[^>"]|"[^"]*")*)>')


def as_mail(html: str) -> str:
    return mjml2html(
        "<mjml><mj-body><mj-section><mj-column><mj-text>"
        f"{html}<p>sibling</p></mj-text></mj-column></mj-section></mj-body></mjml>"
    )


@settings(max_examples=250)
@given(posts)
def test_nothing_unsafe_survives_and_all_renders(raw: str) -> None:
    """Only allowed elements, attributes and addresses, and the MJML engine takes it."""
    cleaned = clean(raw, base_url="https://blog.example/2026/11/post/")
    for _, name, attributes in TAG.findall(cleaned.html):
        assert ALLOWED.fullmatch(name)
        for key, value in re.findall(r'([^\s="]+)="([^"]*)"', attributes):
            assert key in {
                "href", "src", "alt", "width", "height", "dir", "lang", "colspan", "rowspan",
                "scope", "start", "title",
            }  # fmt: skip
            if key in {"href", "src"}:
                assert re.match(r"(?:https?://|mailto:)", entities.unescape(value))
    assert "<" not in TAG.sub("", cleaned.html)
    assert "sibling" in as_mail(cleaned.html)


@settings(max_examples=150)
@given(posts)
def test_cleaning_again_changes_nothing(raw: str) -> None:
    """The output of cleaning is its own clean form."""
    once = clean(raw, base_url="https://blog.example/post/")
    again = clean(once.html, base_url="https://blog.example/post/")
    assert again.text == once.text
    assert again.html == once.html


@given(posts)
def test_text_is_the_words_of_the_html(raw: str) -> None:
    """Each line of the text is a block of the HTML, whole and without white space to collapse."""
    cleaned = clean(raw, base_url="https://blog.example/")
    found = blocks(cleaned.html)
    assert "\n".join(block.text for block in found) == cleaned.text
    for block in found:
        assert block.text == " ".join(block.text.split())
        assert entities.unescape(re.sub(r"<[^>]*>", "", block.html)) == block.text


@given(posts, st.integers(min_value=20, max_value=300))
def test_an_excerpt_is_never_empty_nor_too_long(raw: str, limit: int) -> None:
    """Where there is text there is an excerpt, and it keeps the limit."""
    cleaned = clean(raw, base_url="https://blog.example/")
    found = excerpt(cleaned, limit)
    assert bool(found) == bool(cleaned.text)
    assert len(found) <= limit
