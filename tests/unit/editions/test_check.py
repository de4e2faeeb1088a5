"""The gate finds what is broken, and is not fooled by what an author writes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.editions.check import LONGEST_LINK, SIZE_LIMIT, check, mail_size
from newsletter.model.edition import Finding, Form, Masthead, Rendered
from tests.digests import MASTHEAD, TAGS

BODY = (
    '<html lang="en-GB"><head><title>Luck</title></head><body><h1>Luck</h1>'
    '<h3>Walking</h3><p>{x}</p><img src="https://blog.example.org/a.png" alt="" width="576">'
    f'<a href="https://blog.example.org/">Read</a><a href="{TAGS.unsubscribe_html}">Leave</a>'
    "<p>PO Box 1, Exampleton, EX1 1AA, United Kingdom</p></body></html>"
)
TEXT = f"Leave:\n{TAGS.unsubscribe_text}\nPO Box 1, Exampleton,\nEX1 1AA, United Kingdom\n"


def a_mail(**changes: str) -> Rendered:
    values = {"subject": "News", "html": BODY, "text": TEXT, **changes}
    return Rendered(key="all", form=Form.NORMAL, mjml="", checksum="", **values)


def found(rendered: Rendered, masthead: Masthead = MASTHEAD) -> dict[str, Finding]:
    return {finding.code: finding for finding in check(rendered, TAGS, masthead)}


def with_body(old: str, new: str) -> Rendered:
    assert old in BODY
    return a_mail(html=BODY.replace(old, new))


def test_a_sound_mail_has_no_findings() -> None:
    assert found(a_mail()) == {}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("{x}", "{{ x }}", "leftover"),
        ("{x}", "{% if %}", "leftover"),
        ("{x}", "<mj-text>x</mj-text>", "leftover"),
        (' lang="en-GB"', "", "no-language"),
        ('"en-GB"', '"und"', "no-language"),
        ("<title>Luck</title>", "", "no-title"),
        ("<p>{x}</p>", '<p id="a"></p><p id="a"></p>', "duplicate-id"),
        (' alt=""', "", "no-alt"),
        (' width="576"', "", "no-width"),
        (' width="576"', ' width="100%"', "no-width"),
        ("https://blog.example.org/a.png", "data:image/png;base64,AA", "bad-picture"),
        ("https://blog.example.org/a.png", "/a.png", "bad-picture"),
        ('"https://blog.example.org/"', '"javascript:x"', "bad-link"),
        ('"https://blog.example.org/"', '"/relative"', "bad-link"),
        ('"https://blog.example.org/"', '""', "bad-link"),
        ('"https://blog.example.org/"', '"https://"', "bad-link"),
        ('"https://blog.example.org/"', '"#nowhere"', "bad-link"),
        ('"https://blog.example.org/"', f'"{TAGS.unsubscribe_text}"', "bad-link"),
        (">Read<", "> <", "empty-link"),
        (TAGS.unsubscribe_html, "https://blog.example.org/", "no-unsubscribe"),
        ("EX1 1AA", "", "no-postal-address"),
    ],
)
def test_each_fault_of_the_html_is_found_by_its_code(old: str, new: str, code: str) -> None:
    findings = found(with_body(old, new))
    assert list(findings) == [code]
    assert findings[code].error
    assert findings[code].mend


@pytest.mark.parametrize(
    ("part", "value", "code"),
    [
        ("subject", " ", "subject"),
        ("subject", "two\nlines", "subject"),
        ("text", TEXT.replace(TAGS.unsubscribe_text, ""), "no-unsubscribe"),
        ("text", TEXT.replace("EX1 1AA", ""), "no-postal-address"),
    ],
)
def test_each_fault_of_the_other_parts_is_found(part: str, value: str, code: str) -> None:
    assert list(found(a_mail(**{part: value}))) == [code]


def test_an_empty_text_part_is_found() -> None:
    assert "no-text" in found(a_mail(text="\n"))


def test_a_missing_setting_is_told_apart_from_a_broken_template() -> None:
    finding = found(a_mail(), replace(MASTHEAD, postal_address=" "))["no-postal-address"]
    assert "postal_address" in finding.mend


def test_a_link_with_a_picture_is_named_by_its_alternative_text() -> None:
    picture = '<img src="https://blog.example.org/b.png" alt="{}" width="9">'
    assert found(with_body(">Read<", f">{picture.format('A walk')}<")) == {}
    assert list(found(with_body(">Read<", f">{picture.format('')}<"))) == ["empty-link"]


def test_a_link_within_the_mail_needs_its_target() -> None:
    html = BODY.replace('"https://blog.example.org/"', '"#top"').replace("<h1>", '<h1 id="top">')
    assert found(a_mail(html=html)) == {}


def test_the_place_names_the_variant_and_the_post() -> None:
    assert found(with_body(">Read<", "><"))["empty-link"].place == "all, “Walking”"


def test_braces_in_the_style_sheet_and_as_entities_are_no_leftovers() -> None:
    html = BODY.replace("{x}", "&#123;&#123; x &#125;&#125;").replace(
        "</head>", "<style>@media print{a{color:red}}</style></head>"
    )
    assert found(a_mail(html=html)) == {}


def test_the_size_counts_the_longest_personal_links() -> None:
    assert mail_size(a_mail(), TAGS) == len(BODY) - len(TAGS.unsubscribe_html) + LONGEST_LINK
    room = SIZE_LIMIT - mail_size(a_mail(), TAGS) + len("{x}")
    assert found(with_body("{x}", "y" * room)) == {}
    assert list(found(with_body("{x}", "y" * (room + 1)))) == ["too-large"]


def test_what_only_outlook_sees_is_not_read() -> None:
    html = BODY.replace("{x}", '<!--[if mso]><a href="x"></a><![endif]-->')
    assert found(a_mail(html=html)) == {}
