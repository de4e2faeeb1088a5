"""The gate finds what is broken, and is not fooled by what an author writes."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from newsletter.editions.check import LONGEST_LINK, SIZE_LIMIT, check, check_look, mail_size
from newsletter.editions.findings import KINDS
from newsletter.model.edition import Finding, Form, Images, Masthead, Rendered
from newsletter.model.look import DARK, LIGHT, Look
from tests.digests import MASTHEAD, TAGS

BODY = (
    '<html lang="en-GB"><head><title>Luck</title></head><body><h1>Luck</h1>'
    '<h3>Walking</h3><p>{x}</p><img src="https://blog.example.org/a.png" alt="" width="576">'
    f'<a href="https://blog.example.org/">Read</a><a href="{TAGS.unsubscribe_html}">Leave</a>'
    "<p>PO Box 1, Exampleton, EX1 1AA, United Kingdom</p></body></html>"
)
TEXT = (
    f"Luck\nLeave:\n{TAGS.unsubscribe_text}\nWalking\nx\n\nRead:\nhttps://blog.example.org/\n"
    "PO Box 1, Exampleton,\nEX1 1AA, United Kingdom\n"
)
LINK = '"https://blog.example.org/"'
PICTURE = "https://blog.example.org/a.png"
OF_TWINS = {"not-in-text", "not-in-html", "words-not-in-text"}
"""What is found as well when a link or a word was changed in one part alone."""


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
        ('"en-GB"', '"de"', "wrong-language"),
        ("<title>Luck</title>", "", "no-title"),
        ("<p>{x}</p>", '<p id="a"></p><p id="a"></p>', "duplicate-id"),
        (' alt=""', "", "no-alt"),
        (' width="576"', "", "no-width"),
        (' width="576"', ' width="100%"', "no-width"),
        (PICTURE, "data:image/png;base64,AA", "bad-picture"),
        (PICTURE, "/a.png", "bad-picture"),
        (LINK, '"javascript:x"', "bad-link"),
        (LINK, '"/relative"', "bad-link"),
        (LINK, '""', "bad-link"),
        (LINK, '"https://"', "bad-link"),
        (LINK, '"mailto:"', "bad-link"),
        (LINK, '"#nowhere"', "bad-link"),
        (">Read<", "> <", "empty-link"),
        (TAGS.unsubscribe_html, "https://blog.example.org/", "no-unsubscribe"),
        ("EX1 1AA", "", "no-postal-address"),
        ("{x}", "-nl-99-view-html-", "leftover"),
        ("{x}", TAGS.view_text, "leftover"),
        ("{x}", "<script>x</script>", "active-content"),
        ("{x}", '<iframe src="x"></iframe>', "active-content"),
        ("{x}", '<video src="https://blog.example.org/a.mp4"></video>', "active-content"),
        ("{x}", "<svg></svg>", "active-content"),
        ("{x}", '<b onclick="x()">x</b>', "active-content"),
        ("{x}", '<meta http-equiv="Refresh" content="0">', "active-content"),
        ("{x}", "<b>x", "unbalanced"),
        ("{x}", "x</b>", "unbalanced"),
        ("{x}", "<b><i>x</b></i>", "unbalanced"),
        ("{x}", "<!--[if mso]><table><![endif]-->", "unbalanced"),
        ("{x}", "<!--[if mso]><b>x</b>", "unbalanced"),
        ("{x}", "<!--[if !mso]><!--><b>x<!--<![endif]--></b>", "unbalanced"),
        ("{x}", '<b style="font-size:15px">x</b>', "small-type"),
        ("{x}", '<b style="font:italic 11pt/1.4 serif">x</b>', "small-type"),
        ("{x}", '<b style="font-size:1.5em"><i style="font-size:60%">x</i></b>', "small-type"),
        ("{x}", '<b style="font-size:small">x</b>', "small-type"),
        ("</head>", "<style>.a { font-size: 12px }</style></head>", "small-type"),
        ("{x}", '<b style="color:#777777">x</b>', "low-contrast"),
        ("{x}", '<td bgcolor="#000">x</td>', "low-contrast"),
        ("{x}", '<b style="background:#222;color:black">x</b>', "low-contrast"),
        ("{x}", '<b style="color:Silver">x</b>', "low-contrast"),
        ("{x}", '<b style="color:rgb(200, 200, 200)">x</b>', "low-contrast"),
        ("{x}", '<b style="color:rgba(0,0,0,.3)">x</b>', "low-contrast"),
        ("{x}", '<b style="background:rgb(34 34 34);color:black">x</b>', "low-contrast"),
        ("{x}", '<b style="color:hsl(0 0% 80%)">x</b>', "low-contrast"),
        ("{x}", '<b style="color:#00000040">x</b>', "low-contrast"),
        ("{x}", '<b style="font-size:0">x</b>', "small-type"),
        (LINK, '"https://blog.example.org/?a=1&amp;utm_source=b"', "tracking-link"),
        (' width="576"', ' width="601"', "too-wide"),
    ],
)
def test_each_fault_of_the_html_is_found_by_its_code(old: str, new: str, code: str) -> None:
    findings = found(with_body(old, new))
    assert set(findings) - (OF_TWINS - {code}) == {code}
    assert findings[code].error
    assert findings[code].mend


@pytest.mark.parametrize(
    ("part", "value", "code"),
    [
        ("subject", " ", "subject"),
        ("subject", "two\nlines", "subject"),
        ("text", TEXT.replace(TAGS.unsubscribe_text, ""), "no-unsubscribe"),
        ("text", TEXT.replace("EX1 1AA", ""), "no-postal-address"),
        ("text", TEXT.replace("Walking", ""), "not-in-text"),
        ("text", TEXT.replace("https://blog.example.org/", ""), "not-in-text"),
        ("text", TEXT + "\nhttps://blog.example.org/another/\n", "not-in-html"),
        ("text", TEXT + TAGS.view_html, "leftover"),
        ("subject", f"News {TAGS.view_text}", "leftover"),
    ],
)
def test_each_fault_of_the_other_parts_is_found(part: str, value: str, code: str) -> None:
    findings = found(a_mail(**{part: value}))
    assert [each for each, finding in findings.items() if finding.error] == [code]
    assert findings[code].mend


def test_an_empty_text_part_is_found() -> None:
    assert "no-text" in found(a_mail(text="\n"))


def test_a_missing_setting_is_told_apart_from_a_broken_template() -> None:
    finding = found(a_mail(), replace(MASTHEAD, postal_address=" "))["no-postal-address"]
    assert "postal_address" in finding.mend


def test_a_link_with_a_picture_is_named_by_its_alternative_text() -> None:
    picture = '<img src="https://blog.example.org/b.png" alt="{}" width="9">'
    assert found(with_body(">Read<", f">{picture.format('A walk')}<")) == {}
    assert list(found(with_body(">Read<", f">{picture.format('')}<"))) == ["empty-link"]


@pytest.mark.parametrize(
    "hiding",
    [
        'style="display:none"',
        'style="visibility: hidden"',
        'style="opacity:0"',
        'style="opacity: .0; "',
        'style="color:transparent"',
        'style="max-height:0;overflow:hidden"',
        'style="overflow: hidden; width: 0px"',
        'style="text-indent:-9999px"',
        'style="position:absolute;left: -9999px"',
        "hidden",
        'hidden="hidden"',
    ],
)
def test_what_nobody_can_see_is_not_there(hiding: str) -> None:
    """A way out that is hidden is none, and so is an address; nor is a label one to be seen."""
    leave = f'<a href="{TAGS.unsubscribe_html}"'
    hidden = found(with_body(leave, f'{leave} aria-label="Leave" {hiding}'))
    assert {"no-unsubscribe", "empty-link"} <= set(hidden)
    inside = BODY.replace(">Leave</a>", f"><span {hiding}>Leave</span></a>")
    assert "no-unsubscribe" in found(a_mail(html=inside))
    assert "no-postal-address" in found(with_body("<p>PO", f"<p {hiding}>PO"))


@pytest.mark.parametrize(
    "harmless",
    [
        'style="opacity:0.9"',
        'style="overflow:hidden;max-width:640px"',
        'style="height:0"',
        'style="margin-top:-10px"',
        'class="hidden-not"',
        'style="color:inherit"',
        'style="border-radius:8px;overflow: hidden"',
    ],
)
def test_what_can_be_seen_is_not_taken_for_hidden(harmless: str) -> None:
    assert found(with_body("<p>PO", f"<p {harmless}>PO")) == {}


def test_a_link_within_the_mail_needs_its_target() -> None:
    html = BODY.replace('"https://blog.example.org/"', '"#top"').replace("<h1>", '<h1 id="top">')
    assert found(a_mail(html=html, text=TEXT.replace("https://blog.example.org/", ""))) == {}


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
    assert "too-large" not in found(with_body("{x}", "y" * room))
    assert "too-large" in found(with_body("{x}", "y" * (room + 1)))


def test_what_only_outlook_sees_is_not_read() -> None:
    html = BODY.replace("{x}", '<!--[if mso]><a href="x"></a><![endif]-->')
    assert found(a_mail(html=html)) == {}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (LINK, '"http://blog.example.org/"', "insecure-link"),
        (PICTURE, "http://blog.example.org/a.png", "insecure-picture"),
        (PICTURE, "https://pixel.example.com/a.png", "foreign-picture"),
        (PICTURE, "https://other-blog.example.org/a.png", "foreign-picture"),
        (
            ' alt=""',
            f' alt="" srcset="{PICTURE} 1x, https://a.example.com/b 2x"',
            "foreign-picture",
        ),
        ("{x}", "<b style=\"background:url('https://a.example.com/b')\">x</b>", "foreign-picture"),
        ("{x}", '<b background="https://a.example.com/b">x</b>', "foreign-picture"),
        ("{x}", '<b background="http://blog.example.org/b">x</b>', "insecure-picture"),
        ("</head>", "<style>@import 'https://a.example.com/b';</style></head>", "foreign-picture"),
        ("</head>", "<style>a{b:url(https://a.example.com/b)}</style></head>", "foreign-picture"),
        ("{x}", "Mine alone", "words-not-in-text"),
    ],
)
def test_what_is_only_worth_a_warning_holds_nothing(old: str, new: str, code: str) -> None:
    findings = found(with_body(old, new))
    assert set(findings) - (OF_TWINS - {code}) == {code}
    assert not findings[code].error


def test_many_links_of_a_kind_are_one_warning() -> None:
    links = "".join(f'<a href="http://a.example.org/{n}">n</a>' for n in range(9))
    findings = check(with_body("{x}", links), TAGS, MASTHEAD)
    insecure = [finding for finding in findings if finding.code == "insecure-link"]
    assert [finding.message.partition(" links")[0] for finding in insecure] == ["9"]


@pytest.mark.parametrize(
    "body",
    [
        '<b style="font-size:1px">&#8203;&#160;</b>',
        '<div style="display:none;font-size:1px;color:#ffffff">Preheader</div>',
        '<td style="font-size:0px"><b style="font-size:17px">x</b></td>',
        '<b style="font-size:24px;color:#888888">x</b>',
        '<b style="background:url(x.png);color:#ffffff">x</b>',
        '<b style="background-color:#000000"><a href="https://blog.example.org/">x</a></b>',
        '<b style="color:inherit;background:transparent">x</b>',
        "<br><hr><img src='https://blog.example.org/b.png' alt width='9'>",
        "<!--[if mso]><table><br><td><![endif]--><b>x</b><!--[if mso]></td></table><![endif]-->",
        "<!--[if !mso]><!--><b>x</b><!--<![endif]-->",
        "<P TITLE='a > b'>x</p>",
        '<blockquote><p><a href="http://elsewhere.example.org/?a">x</a></p></blockquote>',
        '<a href="mailto:morgan@example.org?subject=a">PO Box 1</a>',
        "See /centre-nl-utrecht-clinic-opens-its-view-text/ of the Netherlands",
    ],
)
def test_what_is_sound_is_let_through(body: str) -> None:
    html = BODY.replace("{x}", body)
    text = TEXT + "morgan@example.org " + re.sub("<[^>]*>", " ", body)
    assert found(a_mail(html=html, text=text)) == {}


def test_a_link_to_the_mark_of_the_other_part_leads_nowhere() -> None:
    findings = found(with_body(LINK, f'"{TAGS.unsubscribe_text}"'))
    assert set(findings) - OF_TWINS == {"bad-link", "leftover"}


def test_a_variant_that_is_text_alone_needs_no_html() -> None:
    assert found(a_mail(html="")) == {}
    assert list(found(a_mail(html="", text="Luck"))) == ["no-unsubscribe", "no-postal-address"]


def test_no_word_is_missed_that_the_text_parts_otherwise_or_that_is_quoted() -> None:
    html = BODY.replace("{x}", "some<b>where</b> else-where<blockquote>Not there</blockquote>")
    assert found(a_mail(html=html, text=TEXT + "\nsomewhere else-\nwhere")) == {}
    missing = found(a_mail(html=html, text=TEXT + "\nelsewhere"))["words-not-in-text"]
    assert missing.message.endswith(": some.")
    assert missing.place == "all, text"


def test_pictures_of_others_may_be_chosen() -> None:
    html = BODY.replace("{x}", '<b background="https://a.example.com/b">x</b>')
    assert found(a_mail(html=html), replace(MASTHEAD, images=Images.ALL)) == {}


def test_the_foot_is_not_blamed_on_the_last_post() -> None:
    """A section of the mail ends with its block, and its headings with it."""
    section = "<div><h3>Walking</h3><p>x</p></div>"
    small = '<div><b style="font-size:12px">x</b></div>'
    html = BODY.replace("<h3>Walking</h3><p>{x}</p>", f"<div>{section}{small}</div>")
    assert found(a_mail(html=html))["small-type"].place == "all"


def test_only_the_first_fault_of_a_view_is_told() -> None:
    findings = check(with_body("{x}", "<b><i>x</b></i></u></s>"), TAGS, MASTHEAD)
    assert [finding.message.split()[1:4] for finding in findings] == [
        ["everybody", "else", "<b>"],
        ["Outlook", "<b>", "is"],
    ]


def test_the_palette_of_the_settings_is_computed() -> None:
    assert check_look(Look()) == ()
    look = replace(Look(), dark=replace(DARK, on_button="#aaaaaa"))
    findings = check_look(look)
    assert [(each.code, each.place, each.error) for each in findings] == [
        ("low-contrast", "settings, [look.dark]", True)
    ]
    assert "`on_button` on `button`" in findings[0].message


def test_a_pair_that_is_faint_in_the_palette_is_not_told_again_for_each_text() -> None:
    look = replace(Look(), light=replace(LIGHT, muted="#888888"))
    html = BODY.replace("{x}", '<b style="color:#888888">x</b>')
    assert found(a_mail(html=html), replace(MASTHEAD, look=look)) == {}
    assert list(found(a_mail(html=html))) == ["low-contrast"]
    assert "low-contrast" in {each.code for each in check_look(look)}


def test_a_fault_of_a_template_is_told_once_though_many_posts_show_it() -> None:
    texts = '<h3>Walking</h3><b style="font-size:12px">x</b>' * 9
    findings = check(with_body("{x}", texts), TAGS, MASTHEAD)
    assert [finding.code for finding in findings] == ["small-type"]


def test_every_kind_of_finding_is_listed_once() -> None:
    codes = [kind.code for kind in KINDS]
    assert len(codes) == len(set(codes))
