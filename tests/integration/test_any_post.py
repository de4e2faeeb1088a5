"""Whatever posts say, the edition is rendered whole, or held with a finding that names the post."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.editions.anatomy import anatomy_of
from newsletter.editions.check import check
from newsletter.editions.render import render
from newsletter.editions.wording import title_of, trial_title
from newsletter.feeds.clean import clean
from newsletter.feeds.excerpt import excerpt, reading_minutes
from newsletter.model.edition import Digest, DigestItem, Form, Images, ItemKind, Rendered, TrialNote
from newsletter.model.page import Withdrawn
from tests.digests import (
    MASTHEAD,
    PICTURE,
    TAGS,
    a_digest,
    a_line,
    a_note,
    new_post,
    trial_update,
    updated_post,
)

NASTY = (
    "€ > 5",
    "“>”",
    "é->",
    "a < b",
    "<mj-raw>",
    "</mj-text></mj-column>",
    "<mj-section>",
    "{{ x }}",
    "{% raw %}",
    "{# no #}",
    "<!--",
    "-->",
    "<!--[if mso]>",
    "<![endif]-->",
    "<![CDATA[",
    "]]>",
    "<?xml",
    "<b><i>unclosed",
    "<script>",
    "</style>",
    "&amp;",
    "&lt;p&gt;",
    "&#",
    "&nbsp",
    "\u202e",
    "\u200f",
    "שלום עולם",
    "مرحبا",
    "\x00\x0b\x1f",
    "\x7f\x85\x9f",
    "\ufeff",
    "\ufffe",
    "\u2028",
    "\u00a0",
    "\u00ad",
    "e\u0301",
    "👩🏽‍⚕️",
    "🇬🇧",
    "\\",
    '"',
    "'",
    "=?utf-8?q?x?=",
    "-nl-0-",
    "-- ",
    "\r\n\r\n",
    "javascript:alert(1)",
)

texts = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(NASTY), max_size=8).map(" ".join),
    st.lists(st.sampled_from(NASTY) | st.text(max_size=6), max_size=8).map("".join),
)
"""What an author, a program between, or somebody who means no good may write."""

addresses = st.one_of(
    st.sampled_from(
        ["https://blog.example.org/a", "", "javascript:x", "//x", "http://[", "mailto:a@b.example"]
    ),
    texts,
    texts.map(lambda text: "https://blog.example.org/" + text),
)


@st.composite
def trial_notes(draw: st.DrawFn) -> TrialNote:
    return a_note(
        title=draw(texts),
        changes=tuple(draw(st.lists(texts, max_size=2))),
        details=tuple(draw(st.lists(texts, max_size=2))),
        line=a_line(label="EUCTR " + draw(texts), said=draw(texts), url=draw(addresses)),
    )


@st.composite
def items(draw: st.DrawFn) -> DigestItem:
    make = draw(st.sampled_from([new_post, updated_post]))
    return make(
        title=draw(texts),
        excerpt=draw(texts),
        change=draw(texts),
        quote_html=draw(texts),
        quote_text=draw(texts),
        image=draw(st.none() | texts.map(lambda alt: replace(PICTURE, alt=alt))),
        url=draw(addresses),
        trials=tuple(draw(st.lists(trial_notes(), max_size=1))),
    )


def gone(title: str) -> Withdrawn:
    return Withdrawn(
        post_id=7,
        title=title,
        url="https://blog.example.org/gone/",
        edition_key="2026-W40",
        since=datetime(2026, 11, 14, 9, tzinfo=UTC),
    )


@st.composite
def digests(draw: st.DrawFn) -> Digest:
    drawn = draw(st.lists(items(), max_size=3))
    titles = draw(st.lists(texts, max_size=1))
    return a_digest(
        updated=tuple(item for item in drawn if item.kind == "updated"),
        new=tuple(item for item in drawn if item.kind == "new"),
        trials=tuple(trial_update(note=note) for note in draw(st.lists(trial_notes(), max_size=1))),
        withdrawn=tuple(gone(title) for title in titles),
        note=draw(texts),
        form=draw(st.sampled_from(list(Form))),
        masthead=replace(
            MASTHEAD,
            title=draw(texts),
            disclaimer=draw(texts),
            direction=draw(st.sampled_from(["ltr", "rtl"])),
            images=draw(st.sampled_from(list(Images))),
        ),
    )


def letters(text: str) -> str:
    """All characters of a text but white space, and those that no mail may hold."""
    return "".join(
        character
        for character in text
        if not character.isspace()
        and unicodedata.category(character) not in {"Cc", "Cs"}
        and character not in "\ufffe\uffff"
    )


def said_by(item: DigestItem) -> list[str]:
    """What readers of a post are meant to read, whatever the form of their mail."""
    quoted = item.kind is ItemKind.UPDATED and bool(item.change.strip() or item.quote_text)
    return [
        item.title,
        *([item.change, item.quote_text] if quoted else [item.excerpt]),
        *(text for note in item.trials for text in said_of(note)),
    ]


def said_of(note: TrialNote) -> list[str]:
    return [note.line.label, note.line.said, *note.changes, *note.details]


def every_text(digest: Digest) -> list[str]:
    return [
        *(text for item in (*digest.updated, *digest.new) for text in said_by(item)),
        *(text for update in digest.trials for text in (update.note.title, *said_of(update.note))),
        *(post.title for post in digest.withdrawn),
    ]


def names_an_entry(words: str, digest: Digest) -> bool:
    """Whether it can be told from these words which post, or which trial, is to blame."""
    posts = [title_of(item) for item in (*digest.updated, *digest.new)]
    trials = [trial_title(update.note) for update in digest.trials]
    return any(letters(title) in letters(words) for title in (*posts, *trials))


def rendered_or_held(digest: Digest) -> Rendered | None:
    """The variant, or None where it is held; then what is said of it names the post."""
    rendered = render(digest, TAGS)
    findings = check(rendered, TAGS, digest.masthead)
    for finding in findings:
        assert names_an_entry(f"{finding.place} {finding.message}", digest), finding
        assert finding.mend
    return None if any(finding.error for finding in findings) else rendered


@settings(max_examples=150)
@given(digests())
def test_any_edition_is_whole_or_is_held_for_a_post_that_is_named(digest: Digest) -> None:
    """No character is lost in the text part, none of a title or an excerpt in the HTML part."""
    rendered = rendered_or_held(digest)
    if rendered is None:
        return
    text = letters(rendered.text)
    for said in every_text(digest):
        assert letters(said) in text
    if rendered.html:
        shown = letters(anatomy_of(rendered.html).text)
        for item in (*digest.updated, *digest.new):
            assert letters(item.title) in shown
            assert letters(item.excerpt) in shown or item.kind is ItemKind.UPDATED


@settings(max_examples=80)
@given(st.lists(texts, min_size=1, max_size=4), texts, st.booleans(), st.sampled_from(list(Form)))
def test_any_content_of_a_feed_becomes_an_edition(
    paragraphs: list[str], title: str, as_text: bool, form: Form
) -> None:
    """As an author writes it, and as a broken program may send it; told as new and as updated."""
    parts = (escape(each) if as_text else each for each in paragraphs)
    cleaned = clean("".join(f"<p>{part}</p>" for part in parts), base_url="https://x.example/")
    new = new_post(
        title=title, excerpt=excerpt(cleaned), reading_minutes=reading_minutes(cleaned.text)
    )
    updated = updated_post(title=title, quote_html=cleaned.html, quote_text=cleaned.text)
    rendered = rendered_or_held(a_digest(new=(new,), updated=(updated,), form=form))
    assert rendered is not None
    assert letters(cleaned.text) in letters(rendered.text)
    if as_text:
        for paragraph in paragraphs:
            assert letters(paragraph) in letters(cleaned.text)


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("character", ["W", "é", "ש", "<", "{", "&", "-", "👩🏽‍⚕️"])
def test_ten_thousand_characters_without_a_space(character: str, form: Form) -> None:
    word = (character * 10_000)[:10_000]
    for item in (
        new_post(title=word),
        new_post(excerpt=word),
        updated_post(change=word),
        updated_post(quote_text=word, quote_html=f"<p>{escape(word)}</p>"),
    ):
        updated = item.kind is ItemKind.UPDATED
        digest = a_digest(
            updated=(item,) if updated else (), new=() if updated else (item,), form=form
        )
        rendered = rendered_or_held(digest)
        assert rendered is None or letters(word) in letters(rendered.text)
