"""What the templates see of an edition: every value ready to be shown, nothing left to decide."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from newsletter.editions import wording
from newsletter.editions.fragment import safe_fragment, safe_link
from newsletter.editions.note import note_html
from newsletter.editions.plaintext import fragment_text
from newsletter.errors import RenderError
from newsletter.model.edition import (
    Digest,
    DigestItem,
    Form,
    Masthead,
    PostLink,
    TrialNote,
    TrialUpdate,
)
from newsletter.model.post import Image

PICTURE_WIDTH = 576
"""CSS pixels between the margins of the mail; a smaller picture is not blown up."""

_CONTENTS_FROM = 6
_BUTTON_LIMIT = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTrial:
    """What the register says of a trial: `label` carries the link; the others are sentences."""

    label: str
    url: str
    said: str
    changes: tuple[str, ...]
    details: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownUpdate:
    """A trial's change that stands by itself; `posts` are those that mention it."""

    title: str
    url: str
    trial: ShownTrial
    posts: tuple[PostLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownItem:
    """One post as it is shown. The `_html` field is safe HTML, all others are plain text."""

    title: str
    url: str
    dates: str
    reading_time: str
    read: str
    excerpt: str
    picture: Image | None
    change: str
    quote_html: str
    quote_text: str
    trials: tuple[ShownTrial, ...]
    more_trials: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One variant's digest as it is shown. `start` and `end` are `left` and `right`, or mirrored.

    The `_html` fields are safe HTML, all others are plain text; "" where there is nothing to show.
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
    note_html: str
    note_text: str
    trials: tuple[ShownUpdate, ...]
    updated: tuple[ShownItem, ...]
    new: tuple[ShownItem, ...]
    withdrawn: tuple[str, ...]
    contents: bool
    disclaimer: str
    reply_address: str
    postal_address: str
    logo: Image | None
    masthead: str
    footer_html: str
    footer_text: str


def page_of(digest: Digest) -> Page:
    """The page of a digest. Raises RenderError for an unknown time zone; otherwise total."""
    masthead = digest.masthead
    zone = _zone(masthead.timezone)
    rtl = masthead.direction == "rtl"
    note = note_html(wording.without_controls(digest.note))
    footer = note_html(wording.without_controls(masthead.look.footer))
    website = safe_link(masthead.website)
    title = wording.one_line(masthead.title) or "Newsletter"
    return Page(
        title=title,
        head_title=f"{wording.shortened(title, 40)}, {wording.period_label(digest.period)}",
        website=website,
        website_name=urlsplit(website).netloc.removeprefix("www."),
        language=masthead.language or "en",
        direction="rtl" if rtl else "ltr",
        start="right" if rtl else "left",
        end="left" if rtl else "right",
        period=_ours(wording.period_label(digest.period), rtl),
        counts=_ours(wording.counts_of(digest), rtl),
        preheader=wording.preheader_of(digest),
        sample=digest.sample,
        large=digest.form is Form.LARGE,
        note_html=note,
        note_text=fragment_text(note),
        trials=tuple(_update(each, rtl=rtl) for each in digest.trials),
        updated=tuple(_shown(item, masthead, zone) for item in digest.updated),
        new=tuple(_shown(item, masthead, zone) for item in digest.new),
        withdrawn=tuple(wording.one_line(post.title) for post in digest.withdrawn),
        contents=wording.size_of(digest) >= _CONTENTS_FROM,
        disclaimer=wording.one_line(masthead.disclaimer),
        reply_address=wording.one_line(masthead.reply_address),
        postal_address=wording.one_line(masthead.postal_address),
        logo=masthead.look.logo,
        masthead=wording.one_line(masthead.look.masthead),
        footer_html=footer,
        footer_text=fragment_text(footer),
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise RenderError(
            f"The time zone “{name}” is not known.", "Set `timezone`, such as Europe/London."
        ) from error


def _ours(words: str, rtl: bool) -> str:
    """Our English words inside a right-to-left mail, kept in their own order by isolates."""
    return f"\u2066{words}\u2069" if rtl and words else words


def _shown(item: DigestItem, masthead: Masthead, zone: ZoneInfo) -> ShownItem:
    title = wording.title_of(item)
    rtl = masthead.direction == "rtl"
    return ShownItem(
        title=title,
        url=safe_link(item.url),
        dates=_ours(wording.dates_of(item, zone), rtl),
        reading_time=_ours(wording.reading_time(item), rtl),
        read=f"Read “{wording.shortened(title, _BUTTON_LIMIT)}”",
        excerpt=wording.one_line(item.excerpt),
        picture=_picture(item.image, masthead.website),
        change=wording.sentence(item.change),
        quote_html=safe_fragment(item.quote_html),
        quote_text=item.quote_text,
        trials=tuple(_trial(note, rtl=rtl) for note in item.trials),
        more_trials=_ours(wording.more_trials(item.more_trials), rtl),
    )


def _update(update: TrialUpdate, *, rtl: bool) -> ShownUpdate:
    return ShownUpdate(
        title=wording.trial_title(update.note),
        url=safe_link(update.note.line.url),
        trial=_trial(update.note, rtl=rtl),
        posts=tuple(
            PostLink(title=wording.one_line(post.title) or "Untitled post", url=link)
            for post in update.posts
            if (link := safe_link(post.url))
        ),
    )


def _trial(note: TrialNote, *, rtl: bool) -> ShownTrial:
    return ShownTrial(
        label=_ours(wording.one_line(note.line.label), rtl),
        url=safe_link(note.line.url),
        said=_ours(wording.one_line(note.line.said), rtl),
        changes=tuple(_ours(wording.sentence(change), rtl) for change in note.changes),
        details=_ours(" ".join(wording.sentence(each) for each in note.details), rtl),
    )


def _picture(image: Image | None, website: str) -> Image | None:
    """The picture if it lies on the blog's own host: opening the mail tells nobody else of it."""
    url = safe_link(image.url) if image else ""
    if image is None or not _on_own_host(url, website):
        return None
    width = min(PICTURE_WIDTH, image.width) if image.width and image.width > 0 else PICTURE_WIDTH
    return Image(url=url, alt=wording.one_line(image.alt), width=width)


def _on_own_host(url: str, website: str) -> bool:
    try:
        host, own = urlsplit(url).hostname or "", urlsplit(website).hostname or ""
    except ValueError:
        return False
    own = own.removeprefix("www.")
    return bool(own) and url.startswith("http") and (host == own or host.endswith("." + own))
