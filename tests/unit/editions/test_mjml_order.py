"""Elements of MJML that stand where they may not are found, and said in words."""

from __future__ import annotations

import pytest

from newsletter.editions.mjml_order import misplaced_in


def document(body: str, head: str = "") -> str:
    return f"<mjml><mj-head>{head}</mj-head><mj-body>{body}</mj-body></mjml>"


def column(inner: str) -> str:
    return f"<mj-section>\n<mj-column>\n{inner}\n</mj-column>\n</mj-section>"


@pytest.mark.parametrize(
    ("body", "at", "said"),
    [
        ("<mj-text>x</mj-text>", "<mj-text>", "<mj-text> stands in <mj-body>, and may only"),
        ("<mj-section><mj-text>x</mj-text></mj-section>", "<mj-text>", "<mj-column> or <mj-hero>"),
        ("<mj-column></mj-column>", "<mj-column>", "<mj-section> or <mj-group>"),
        (column(column("")), "<mj-section>\n<mj-column>\n\n", "<mj-body> or <mj-wrapper>"),
        (column("<mj-text><mj-button>x</mj-button></mj-text>"), "<mj-button>", "in <mj-text>,"),
        (column("<mj-foo>x</mj-foo>"), "<mj-foo>", "there is no <mj-foo> in MJML"),
        (column("<p>x</p>"), "<p>", "“<p>x</p>” stands in <mj-column> itself"),
        (column("  hello"), "hello", "“hello” stands in <mj-column> itself"),
        ("<mj-style>a{}</mj-style>", "<mj-style>", "may only stand in <mj-head>"),
    ],
)
def test_what_stands_where_it_may_not_is_found_with_its_place(
    body: str, at: str, said: str
) -> None:
    mjml = document(body)
    fault = misplaced_in(mjml)
    assert fault is not None
    assert mjml[fault.offset :].startswith(at)
    assert said in fault.said


@pytest.mark.parametrize(
    "mjml",
    [
        document(column("<mj-text><p>a > b</p></mj-text>\n<mj-image src='x' alt='<mj-text>' />")),
        document(column("<!-- <mj-foo> --><mj-raw><table></table></mj-raw><mj-divider/>")),
        document("<mj-wrapper><mj-section></mj-section></mj-wrapper><mj-raw>x</mj-raw>"),
        document("<mj-hero><mj-text>x</mj-text></mj-hero>"),
        document("<mj-section><mj-group><mj-column></mj-column></mj-group></mj-section>"),
        document(
            "",
            "<mj-title>x</mj-title><mj-attributes><mj-all a='b'/><mj-class/>"
            "<mj-text /></mj-attributes><mj-style>a > b {}</mj-style>",
        ),
        document(column("<mj-social><mj-social-element>x</mj-social-element></mj-social>")),
    ],
)
def test_what_stands_where_it_may_is_let_through(mjml: str) -> None:
    assert misplaced_in(mjml) is None
