"""The pages on which the admin looks at an edition and at the outbox."""

from __future__ import annotations

from newsletter.editions.anatomy import anatomy_of
from newsletter.editions.preview import (
    SHOWN_MESSAGES,
    OutboxEdition,
    look_text,
    outbox_page,
    preview_files,
)
from newsletter.editions.render import render
from newsletter.model.edition import Finding, Form
from tests.digests import PICTURE, TAGS, a_digest, new_post, updated_post

DIGEST = a_digest(updated=(updated_post(),), new=(new_post(title="A <b> & c", image=PICTURE),))
ALL = render(DIGEST, TAGS)
LARGE = render(a_digest(new=(new_post(),), form=Form.LARGE), TAGS)
FAULT = Finding(
    code="no-alt", error=True, place="all, “Walking”", message="No words.", mend="Write some."
)


def test_the_parts_of_a_mail_are_written_as_they_are_sent() -> None:
    files = preview_files("2026-W47", [ALL], [])
    assert files["all.html"] == ALL.html
    assert files["all.txt"] == ALL.text
    assert files["all.mjml"] == ALL.mjml
    assert files["all.subject.txt"] == ALL.subject + "\n"


def test_the_page_shows_every_variant_in_light_and_dark_and_as_text() -> None:
    files = preview_files("2026-W47", [ALL, LARGE], [])
    page = files["index.html"]
    for key in ("all", "all.large"):
        for scheme in ("light", "dark"):
            assert page.count(f'src="look/{key}.{scheme}.html"') == 2  # phone and desktop
            assert f"look/{key}.{scheme}.html" in files
    assert "A &lt;b&gt; &amp; c" in page


def test_every_link_of_the_page_leads_to_a_file_that_is_written() -> None:
    files = preview_files("2026-W47", [ALL, LARGE], [])
    hrefs = [link.href for link in anatomy_of(files["index.html"]).links]
    assert hrefs
    assert set(hrefs) <= set(files)


def test_the_copies_to_look_at_are_fixed_to_one_scheme() -> None:
    files = preview_files("2026-W47", [ALL], [])
    light, dark = files["look/all.light.html"], files["look/all.dark.html"]
    assert "prefers-color-scheme" not in light + dark
    assert "@media all {" in dark
    assert "@media not all {" in light
    assert 'content="dark"' in dark


def test_the_copies_to_look_at_lead_nowhere_personal() -> None:
    look = preview_files("2026-W47", [ALL], [])["look/all.light.html"]
    assert not [tag for tag in TAGS.all() if tag in look]


def test_the_text_to_look_at_has_words_in_the_place_of_personal_links() -> None:
    look = look_text(ALL.text)
    assert not [tag for tag in TAGS.all() if tag in look]
    assert "\nUnsubscribe:\n(each reader’s own link)\n" in look
    assert look.count("(each reader’s own link)") == sum(ALL.text.count(tag) for tag in TAGS.all())
    assert "-nl-" not in preview_files("2026-W47", [ALL], [])["index.html"]


def test_pictures_can_be_replaced_in_the_copies_alone() -> None:
    files = preview_files("2026-W47", [ALL], [], pictures={PICTURE.url: "data:image/png;base64,A"})
    assert "data:image/png;base64,A" in files["look/all.dark.html"]
    assert "data:" not in files["all.html"]


def test_a_finding_stands_with_its_variant_and_says_how_to_mend_it() -> None:
    page = preview_files("2026-W47", [ALL, LARGE], [FAULT])["index.html"]
    assert page.count("Write some.") == 1
    assert page.count("All checks passed.") == 1
    assert page.index("Write some.") < page.index("All checks passed.")


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
