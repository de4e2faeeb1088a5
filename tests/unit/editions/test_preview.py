"""The pages on which the admin looks at an edition and at the outbox."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from html import escape

from newsletter.editions.anatomy import anatomy_of
from newsletter.editions.check import mail_size
from newsletter.editions.preview import (
    SHOWN_MESSAGES,
    OutboxEdition,
    Shown,
    look_text,
    outbox_page,
    preview_files,
)
from newsletter.editions.render import render
from newsletter.model.edition import Finding, Form, Rendered
from tests.digests import PICTURE, TAGS, a_digest, new_post, updated_post

DIGEST = a_digest(updated=(updated_post(),), new=(new_post(title="A <b> & c", image=PICTURE),))
ALL = render(DIGEST, TAGS)
LARGE = render(a_digest(new=(new_post(),), form=Form.LARGE), TAGS)
FAULT = Finding(
    code="no-alt", error=True, place="all, “Walking”", message="No words.", mend="Write some."
)


def shown(*variants: Rendered, findings: Sequence[Finding] = ()) -> Shown:
    return Shown(
        edition_key="2026-W47",
        variants=variants,
        findings=findings,
        tags=TAGS,
        sender="Morgan Hale <morgan@blog.example.org>",
    )


def test_the_parts_of_a_mail_are_written_as_they_are_sent() -> None:
    files = preview_files(shown(ALL))
    assert files["all.html"] == ALL.html
    assert files["all.txt"] == ALL.text
    assert files["all.mjml"] == ALL.mjml
    assert files["all.subject.txt"] == ALL.subject + "\n"


def test_the_page_shows_every_variant_in_light_and_dark_and_as_text() -> None:
    files = preview_files(shown(ALL, LARGE))
    page = files["index.html"]
    for key in ("all", "all.large"):
        for scheme in ("light", "dark"):
            assert page.count(f'src="look/{key}.{scheme}.html"') >= 2  # phone and desktop
            assert f"look/{key}.{scheme}.html" in files
        assert f'src="look/{key}.bare.html"' in page
    assert "A &lt;b&gt; &amp; c" in page


def test_every_link_of_the_page_leads_to_a_file_that_is_written() -> None:
    files = preview_files(shown(ALL, LARGE))
    hrefs = [link.href for link in anatomy_of(files["index.html"]).links]
    assert hrefs
    assert {href for href in hrefs if not href.startswith("#")} <= set(files)
    ids = anatomy_of(files["index.html"]).ids
    assert {href[1:] for href in hrefs if href.startswith("#")} == set(ids) == {"all", "all.large"}


def test_the_copies_to_look_at_are_fixed_to_one_scheme() -> None:
    files = preview_files(shown(ALL))
    light, dark = files["look/all.light.html"], files["look/all.dark.html"]
    assert "prefers-color-scheme" not in light + dark
    assert "@media all {" in dark
    assert "@media not all {" in light
    assert 'content="dark"' in dark


def test_the_copies_to_look_at_lead_nowhere_personal() -> None:
    look = preview_files(shown(ALL))["look/all.light.html"]
    assert not [tag for tag in TAGS.all() if tag in look]


def test_the_text_to_look_at_has_words_in_the_place_of_personal_links() -> None:
    look = look_text(ALL.text)
    assert not [tag for tag in TAGS.all() if tag in look]
    assert "\nUnsubscribe:\n(each reader’s own link)\n" in look
    assert look.count("(each reader’s own link)") == sum(ALL.text.count(tag) for tag in TAGS.all())
    assert "-nl-" not in preview_files(shown(ALL))["index.html"]


def test_pictures_can_be_replaced_in_the_copies_alone() -> None:
    files = preview_files(shown(ALL), pictures={PICTURE.url: "data:image/png;base64,A"})
    assert "data:image/png;base64,A" in files["look/all.dark.html"]
    assert "data:" not in files["all.html"]


def test_findings_stand_together_with_code_place_and_mend_and_errors_come_first() -> None:
    hint = replace(FAULT, code="insecure-link", error=False, message="A hint.")
    page = preview_files(shown(ALL, LARGE, findings=(hint, FAULT)))["index.html"]
    assert page.index("No words.") < page.index("A hint.")
    assert page.count("Holds the edition") == 1
    assert "(all, “Walking”; no-alt)" in page
    assert "Write some." in page
    assert "All checks passed." not in page
    assert "All checks passed." in preview_files(shown(ALL))["index.html"]


def test_why_an_edition_waits_is_said_on_top() -> None:
    page = preview_files(replace(shown(ALL), held=("Too much & more.",)))["index.html"]
    assert "Too much &amp; more." in page
    assert page.index("Too much") < page.index("What the checks found")


def test_the_inbox_shows_each_line_once_with_its_variants() -> None:
    """Sender, subject and pre-header; a discreet variant has a sender of its own."""
    twin = replace(ALL, key="all.large", form=Form.LARGE)
    discreet = replace(
        ALL, key="all.discreet", subject="News", preheader="", sender="M. H. <m@example.org>"
    )
    page = preview_files(shown(ALL, twin, discreet))["index.html"]
    inbox = page[page.index("In the inbox") : page.index("All variants")]
    assert inbox.count("<li>") == 2
    assert '<span class="from">Morgan Hale</span>' in inbox
    assert '<span class="from">M. H.</span>' in inbox
    assert ">all, all.large<" in inbox
    assert f"<strong>{escape(ALL.subject)}</strong>" in inbox
    assert escape(ALL.preheader) in inbox
    assert ALL.preheader


def test_the_size_is_that_with_the_longest_personal_links() -> None:
    page = preview_files(shown(ALL))["index.html"]
    assert f"{mail_size(ALL, TAGS) / 1000:,.1f} of 95 kB" in page


def test_without_pictures_their_words_are_left() -> None:
    bare = preview_files(shown(ALL))["look/all.bare.html"]
    assert PICTURE.url not in bare
    assert f'alt="{PICTURE.alt}"' in bare


def test_a_variant_of_text_alone_is_shown_as_text() -> None:
    text = replace(ALL, key="all.plain", html="", mjml="")
    files = preview_files(shown(ALL, text))
    assert not [name for name in files if name.startswith("look/all.plain")]
    assert "look/all.plain" not in files["index.html"]
    assert 'id="all.plain"' in files["index.html"]


def test_only_a_watched_page_looks_for_a_newer_one() -> None:
    files = preview_files(shown(ALL))
    assert "<script" not in files["index.html"]
    assert "stamp.js" not in files
    watched = preview_files(replace(shown(ALL), watched=True))
    stamp = re.fullmatch(r'seen\("(\w+)"\);\n', watched["stamp.js"])
    assert stamp
    assert f'var shown = "{stamp[1]}"' in watched["index.html"]
    other = preview_files(replace(shown(LARGE), watched=True))
    assert other["stamp.js"] != watched["stamp.js"]
    warned = preview_files(replace(shown(ALL, findings=(FAULT,)), watched=True))
    assert warned["stamp.js"] != watched["stamp.js"]


def an_edition(messages: int) -> OutboxEdition:
    names = tuple(f"2026-W47/{number:05}.eml" for number in range(messages))
    return OutboxEdition(
        key="2026-W47",
        subject="Scans & <walks>",
        total=messages,
        messages=names,
        html="2026-W47.html",
        text="2026-W47.txt",
    )


def test_the_outbox_links_to_each_message_and_to_the_mail() -> None:
    page = outbox_page([an_edition(3)])
    hrefs = [link.href for link in anatomy_of(page).links]
    assert hrefs == [
        "2026-W47.html",
        "2026-W47.txt",
        "2026-W47/00000.eml",
        "2026-W47/00001.eml",
        "2026-W47/00002.eml",
    ]
    assert "3 messages" in page
    assert "Scans &amp; &lt;walks&gt;" in page


def test_a_large_outbox_shows_the_first_messages_and_counts_all() -> None:
    page = outbox_page([an_edition(20_000)])
    assert page.count(".eml</a>") == SHOWN_MESSAGES
    assert "20,000 messages" in page


def test_an_empty_outbox_says_what_fills_it() -> None:
    assert "newsletter send" in outbox_page([])
