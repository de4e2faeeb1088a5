"""What the templates see of an edition: every value ready to be shown, nothing left to decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from newsletter.editions import wording
from newsletter.editions.entries import Manner, ShownItem, ShownUpdate, shown_item, shown_update
from newsletter.editions.fragment import safe_link
from newsletter.editions.note import note_html
from newsletter.editions.plaintext import fragment_text
from newsletter.errors import RenderError
from newsletter.model.edition import Digest, DigestItem, Form, Images
from newsletter.model.post import Image

_CONTENTS_FROM = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One variant's digest as it is shown. `start` and `end` are `left` and `right`, or mirrored.

    The `_html` fields are safe HTML, all others are plain text; "" where there is nothing to show.
    `updated_titles` and `new_titles` are the posts with room for their titles only; `left_out` says
    how many more there are.
    """

    title: str
    head_title: str
    website: str
    website_name: str
    language: str
    direction: str
    start: str
    end: str
    period: str
    counts: str
    preheader: str
    sample: bool
    large: bool
    plain: bool
    discreet: bool
    note_html: str
    note_text: str
    trials: tuple[ShownUpdate, ...]
    updated: tuple[ShownItem, ...]
    updated_titles: tuple[ShownItem, ...]
    new: tuple[ShownItem, ...]
    new_titles: tuple[ShownItem, ...]
    left_out: str
    withdrawn: tuple[str, ...]
    contents: bool
    disclaimer: str
    reply_address: str
    postal_address: str
    logo: Image | None
    masthead: str
    footer_html: str
    footer_text: str


def page_of(digest: Digest, *, preheader: str = "") -> Page:
    """The page of a digest. Raises RenderError for an unknown time zone; otherwise total."""
    masthead = digest.masthead
    manner = _manner(digest)
    note = note_html(wording.without_controls(digest.note))
    footer = note_html(wording.without_controls(masthead.look.footer))
    website = safe_link(masthead.website)
    updated, updated_titles, new, new_titles = _posts(digest, manner)
    return Page(
        title=wording.one_line(masthead.title) or "Newsletter",
        head_title=_head_title(digest),
        website=website,
        website_name=urlsplit(website).netloc.removeprefix("www."),
        language=masthead.language or "en",
        direction="rtl" if manner.rtl else "ltr",
        start="right" if manner.rtl else "left",
        end="left" if manner.rtl else "right",
        period=manner.ours(wording.period_label(digest.period)),
        counts=manner.ours(wording.counts_of(digest)),
        preheader=preheader,
        sample=digest.sample,
        large=digest.form is Form.LARGE,
        plain=digest.form is Form.PLAIN,
        discreet=digest.form is Form.DISCREET,
        note_html=note,
        note_text=fragment_text(note),
        trials=_trials(digest, manner),
        updated=updated,
        updated_titles=updated_titles,
        new=new,
        new_titles=new_titles,
        left_out=manner.ours(wording.left_out(digest.fit.left)),
        withdrawn=tuple(wording.one_line(post.title) for post in digest.withdrawn),
        contents=wording.size_of(digest) >= _CONTENTS_FROM,
        disclaimer=wording.one_line(masthead.disclaimer),
        reply_address=wording.one_line(_reply_address(digest)),
        postal_address=wording.one_line(masthead.postal_address),
        logo=masthead.look.logo,
        masthead=wording.one_line(masthead.look.masthead),
        footer_html=footer,
        footer_text=fragment_text(footer),
    )


def _manner(digest: Digest) -> Manner:
    plain = digest.form is Form.PLAIN
    return Manner(
        masthead=digest.masthead,
        zone=_zone(digest.masthead.timezone),
        fit=digest.fit,
        images=Images.NONE if plain else digest.masthead.images,
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise RenderError(
            f"The time zone “{name}” is not known.", "Set `timezone`, such as Europe/London."
        ) from error


def _head_title(digest: Digest) -> str:
    """The title of the document, which some programs show; a discreet one is neutral."""
    discreet = digest.form is Form.DISCREET
    title = digest.masthead.discreet.subject if discreet else digest.masthead.title
    shown = wording.shortened(wording.one_line(title) or "Newsletter", 40)
    return f"{shown}, {wording.period_label(digest.period)}"


def _reply_address(digest: Digest) -> str:
    own = digest.masthead.discreet.reply_address if digest.form is Form.DISCREET else ""
    return own or digest.masthead.reply_address


def _trials(digest: Digest, manner: Manner) -> tuple[ShownUpdate, ...]:
    whole = len(digest.trials) - digest.fit.brief
    return tuple(
        shown_update(update, manner, brief=place >= whole)
        for place, update in enumerate(digest.trials)
    )


def _posts(digest: Digest, manner: Manner) -> tuple[tuple[ShownItem, ...], ...]:
    """Updated posts, whole and by title; new ones, whole and by title. The last ones give way."""
    whole = max(0, len(digest.updated) + len(digest.new) - digest.fit.titles)
    updated, new = digest.updated, digest.new
    whole_new = max(0, whole - len(updated))
    parts: tuple[Sequence[DigestItem], ...] = (
        updated[:whole], updated[whole:], new[:whole_new], new[whole_new:],
    )  # fmt: skip
    return tuple(tuple(shown_item(item, manner) for item in part) for part in parts)
