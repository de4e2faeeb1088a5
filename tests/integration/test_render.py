"""A digest becomes a mail: real templates, the real MJML engine."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.editions.anatomy import anatomy_of
from newsletter.editions.check import check
from newsletter.editions.mjml import mjml_to_html
from newsletter.editions.palette import DARK
from newsletter.editions.render import checksum_of, render
from newsletter.errors import RenderError
from newsletter.model.edition import Form, Rendered
from newsletter.model.post import Image
from newsletter.resources import templates_dir
from tests.digests import MASTHEAD, PICTURE, TAGS, a_digest, new_post, updated_post

WEEKLY = a_digest(
    updated=(updated_post(),),
    new=(new_post(1, image=PICTURE), new_post(2)),
    note="Hello **all**,\n\nread [this](https://blog.example.org/this) first.",
)


def visible(rendered: Rendered) -> str:
    return " ".join(anatomy_of(rendered.html).text.split())


def headings(html: str) -> list[str]:
    return re.findall(r"<(h[1-6])", html)


def test_a_mail_shows_its_parts_in_order() -> None:
    rendered = render(WEEKLY, TAGS)
    parts = [
        "View in browser",
        "Week of 16 November 2026",
        "A Slow Kind of Luck",
        "1 updated post · 2 new posts",
        "Hello all",
        "Updated posts",
        "First published 16 January 2019, updated 14 November 2026",
        "What changed: New section of 14 November 2026.",
        "Update 14 November 2026",
        "The main goal was missed.",
        "New posts",
        "New post 1",
        "12 November 2026 · 4 min read",
        "New post 2",
        "I am a patient, not a doctor.",
        "please send no medical records",
        "You get this because you subscribed",
        "Change what you receive",
        "PO Box 1, Exampleton",
    ]
    for whole in (visible(rendered), " ".join(rendered.text.split())):
        assert all(part in whole for part in parts[:4])
        text = whole[whole.index("Hello all") :].casefold()
        places = [text.find(part.casefold()) for part in parts[4:]]
        assert -1 not in places
        assert places == sorted(places)


def test_a_mail_passes_its_own_gate() -> None:
    for form in Form:
        rendered = render(replace(WEEKLY, form=form), TAGS)
        assert check(rendered, TAGS, MASTHEAD) == ()


def test_there_is_one_h1_and_no_heading_level_is_skipped() -> None:
    levels = headings(render(WEEKLY, TAGS).html)
    assert levels == ["h1", "h2", "h3", "h2", "h3", "h3"]


def test_nothing_is_fetched_but_the_blogs_own_pictures() -> None:
    html = render(WEEKLY, TAGS).html
    assert re.findall(r'src="([^"]+)"', html) == [PICTURE.url]
    assert not re.search(r"@import|<link|url\(|@font-face", html)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://blog.example.org/a.png", True),
        ("http://i0.blog.example.org/a.png", True),
        ("https://notblog.example.org/a.png", False),
        ("https://blog.example.org.evil.example/a.png", False),
        ("https://blog.example.org@evil.example/a.png", False),
        ("data:image/png;base64,AA", False),
        ("https://[::1", False),
    ],
)
def test_a_picture_of_another_host_is_left_out(address: str, shown: bool) -> None:
    rendered = render(a_digest(new=(new_post(image=Image(url=address, alt="x")),)), TAGS)
    assert ("<img" in rendered.html) is shown


@pytest.mark.parametrize(("width", "shown"), [(None, 576), (2000, 576), (300, 300), (0, 576)])
def test_a_picture_has_a_width_and_is_not_blown_up(width: int | None, shown: int) -> None:
    image = Image(url="https://blog.example.org/a.png", alt="x", width=width)
    rendered = render(a_digest(new=(new_post(image=image),)), TAGS)
    assert f'width="{shown}"' in rendered.html


def test_all_type_is_at_least_16_pixels() -> None:
    for form in (Form.NORMAL, Form.LARGE):
        html = render(replace(WEEKLY, form=form), TAGS).html
        sizes = {int(size) for size in re.findall(r"font-size:(\d+)px", html)}
        assert sizes - {0, 1} == {size for size in sizes if size >= 16}  # 0 and 1 hold no text


def test_large_print_is_larger() -> None:
    html = render(replace(WEEKLY, form=Form.LARGE), TAGS).html
    assert "font-size:22px" in html
    assert "font-size:17px" not in html


def test_language_and_direction_come_from_the_settings() -> None:
    masthead = replace(MASTHEAD, language="ar", direction="rtl")
    html = render(replace(WEEKLY, masthead=masthead), TAGS).html
    assert '<html lang="ar" dir="rtl"' in html
    assert "direction:ltr" not in html
    assert "text-align:right" in html


def test_dark_mode_changes_grounds_on_the_nested_tables_too() -> None:
    html = render(WEEKLY, TAGS).html
    dark = html.partition("@media (prefers-color-scheme: dark)")[2]
    assert f".card, .card > table {{ background-color: {DARK.card} !important; }}" in dark


def test_a_table_of_contents_comes_with_the_sixth_post() -> None:
    five = a_digest(new=tuple(new_post(number) for number in range(5)))
    six = a_digest(updated=(updated_post(),), new=five.new)
    assert "In this edition" not in visible(render(five, TAGS))
    rendered = render(six, TAGS)
    assert "In this edition" in visible(rendered)
    assert "In this edition\n===============\n" in rendered.text


def test_a_sample_says_so_in_every_part() -> None:
    rendered = render(replace(WEEKLY, sample=True), TAGS)
    assert "SAMPLE" in rendered.subject
    assert "SAMPLE" in visible(rendered)
    assert "SAMPLE" in rendered.text


def test_what_the_settings_leave_empty_leaves_no_hole() -> None:
    bare = replace(
        MASTHEAD, website="", disclaimer="", postal_address="", reply_address="", language=""
    )
    rendered = render(replace(WEEKLY, masthead=bare), TAGS)
    assert "subscribed to A Slow Kind of Luck." in visible(rendered)
    assert "mailto:" not in rendered.html
    assert [finding.code for finding in check(rendered, TAGS, bare)] == ["no-postal-address"]


def test_without_an_archive_there_is_no_link_to_the_browser() -> None:
    tags = replace(TAGS, view_html="", view_text="")
    rendered = render(WEEKLY, tags)
    assert "in browser" not in rendered.html + rendered.text
    assert check(rendered, tags, MASTHEAD) == ()


def test_each_personal_tag_is_in_its_own_part() -> None:
    rendered = render(WEEKLY, TAGS)
    for name in ("unsubscribe", "preferences", "view"):
        html_tag, text_tag = getattr(TAGS, f"{name}_html"), getattr(TAGS, f"{name}_text")
        assert html_tag in rendered.html
        assert html_tag not in rendered.text
        assert text_tag in rendered.text
        assert text_tag not in rendered.html


def test_the_same_digest_gives_the_same_bytes() -> None:
    first, second = render(WEEKLY, TAGS), render(WEEKLY, TAGS)
    assert first == second
    assert first.checksum == checksum_of(first.subject, first.html, first.text)


def test_the_checksum_covers_every_part() -> None:
    one = checksum_of("a", "b", "c")
    assert len({one, checksum_of("ab", "", "c"), checksum_of("a", "b", "x"), one}) == 3


def test_a_variant_is_named_by_its_topics_and_its_form() -> None:
    assert render(replace(WEEKLY, variant="trials+news"), TAGS).key == "trials+news"
    assert render(replace(WEEKLY, form=Form.LARGE), TAGS).key == "all.large"


def test_the_text_part_keeps_to_72_columns_but_for_addresses() -> None:
    text = render(WEEKLY, TAGS).text
    assert [line for line in text.splitlines() if len(line) > 72 and "://" not in line] == []
    assert "\n-- \nA Slow Kind of Luck\n" in text


def test_a_title_with_marks_of_every_kind_is_shown_as_written() -> None:
    title = '€ > 5, “>”, <mj-raw>, {{ x }}, {% if %}, &nbsp; and "quotes" -nl-'
    rendered = render(a_digest(new=(new_post(title=title),)), TAGS)
    assert title in visible(rendered)
    assert title in " ".join(rendered.text.split())
    assert check(rendered, TAGS, MASTHEAD) == ()


def test_a_part_of_the_admins_own_comes_before_ours(tmp_path: Path) -> None:
    (tmp_path / "digest").mkdir()
    (tmp_path / "digest" / "disclaimer.mjml.j2").write_text("<mj-text>My own words</mj-text>")
    assert "My own words" in visible(render(WEEKLY, TAGS, overrides=tmp_path))
    assert "My own words" not in visible(render(WEEKLY, TAGS))


@pytest.mark.parametrize(
    ("content", "line"),
    [("ok\n{% if %}", 2), ("{{ page.nothing }}", 1), ("\n\n{{ 1 / 0 }}", 3)],
)
def test_a_broken_part_is_reported_with_its_file_and_line(
    tmp_path: Path, content: str, line: int
) -> None:
    part = tmp_path / "digest" / "disclaimer.mjml.j2"
    part.parent.mkdir()
    part.write_text(content)
    with pytest.raises(RenderError) as error:
        render(WEEKLY, TAGS, overrides=tmp_path)
    assert f"disclaimer.mjml.j2, line {line}" in error.value.message
    assert error.value.mend


def test_a_part_that_breaks_the_mail_for_one_post_names_that_post(tmp_path: Path) -> None:
    own = (templates_dir() / "digest" / "new_post.mjml.j2").read_text()
    (tmp_path / "digest").mkdir()
    (tmp_path / "digest" / "new_post.mjml.j2").write_text(
        own + '{% if item.title == "New post 2" %}<mj-text><b>{% endif %}'
    )
    with pytest.raises(RenderError, match="“New post 2”") as error:
        render(WEEKLY, TAGS, overrides=tmp_path)
    line = own.count("\n") + 1
    assert f"new_post.mjml.j2, line {line}, <b> is not closed" in error.value.message


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ("<mj-text>\n\n<b>x</mj-text>", 3, "<b> is not closed before </mj-text>"),
        ("<mj-text>\n5 < 6</mj-text>", 2, "write &lt;"),
        ("<mj-text>\n€ > 5</mj-text>", 2, "write &gt;"),
        ("<mj-text>\n<a href=x>y</a></mj-text>", 2, "quotation marks"),
        ("<mj-text>x</mj-text>\n</mj-text>", 2, "closes what is not open"),
        ("<mj-text>{{ page.title }}\n\x0b</mj-text>", 2, "control character"),
        ("<mj-text>{{ page.title }}</mj-text>\n<mj-text>", 2, "<mj-text> is not closed"),
    ],
)
def test_what_the_engine_cannot_read_is_reported_with_file_and_line(
    tmp_path: Path, content: str, line: int, said: str
) -> None:
    """No post is blamed for it: the mail cannot be made without posts either."""
    part = tmp_path / "digest" / "disclaimer.mjml.j2"
    part.parent.mkdir()
    part.write_text(content)
    with pytest.raises(RenderError) as error:
        render(WEEKLY, TAGS, overrides=tmp_path)
    assert error.value.message.startswith("The edition 2026-W47 (all) cannot be turned into HTML")
    assert f"{part}, line {line}, " in error.value.message
    assert said in error.value.message
    assert (error.value.file, error.value.line) == (str(part), line)
    assert "delete it" in error.value.mend


def test_the_engines_panic_becomes_our_error() -> None:
    panics = "<mjml><mj-body><mj-section><mj-column><mj-text>“>”</mj-text></mj-column>"
    with pytest.raises(RenderError, match="The post"):
        mjml_to_html(panics + "</mj-section></mj-body></mjml>", about="The post “x”")


def test_an_unknown_time_zone_is_named() -> None:
    with pytest.raises(RenderError, match="Mars/Olympus"):
        render(replace(WEEKLY, masthead=replace(MASTHEAD, timezone="Mars/Olympus")), TAGS)
