"""Trials and posts as the templates see them: every value ready to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from newsletter.editions import wording
from newsletter.editions.fragment import safe_fragment, safe_link
from newsletter.model.edition import (
    DigestItem,
    Fit,
    Images,
    Masthead,
    PostLink,
    TrialNote,
    TrialUpdate,
)
from newsletter.model.post import Image

PICTURE_WIDTH = 576
"""CSS pixels between the margins of the mail; a smaller picture is not blown up."""

SHORT_EXCERPT = 140
"""Characters of an excerpt where there is little room."""

SHORT_QUOTE = 220
"""Characters of what changed where there is little room."""

_BUTTON_LIMIT = 60
_NO_WORDS = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".svg")
"""An alternative text with such an end is a file's name, which tells nobody what is to be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How all entries of a mail are shown."""

    masthead: Masthead
    zone: ZoneInfo
    fit: Fit
    images: Images

    @property
    def rtl(self) -> bool:
        """Whether the mail is read from right to left."""
        return self.masthead.direction == "rtl"

    def ours(self, words: str) -> str:
        """Our English words, kept in their own order inside a right-to-left mail by isolates."""
        return f"\u2066{words}\u2069" if self.rtl and words else words


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTrial:
    """What the register says of a trial: `label` carries the link; the others are sentences.

    `said` is all of it. `status`, `phase`, `purpose` (of that phase), `sites`, `updated`, `checked`
    and `remarks` say the same one by one; `status` is "" where the register's entry is not known.
    """

    label: str
    url: str
    said: str
    status: str
    phase: str
    purpose: str
    sites: str
    updated: str
    checked: str
    remarks: tuple[str, ...]
    changes: tuple[str, ...]
    details: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownUpdate:
    """A trial's change that stands by itself; `posts` are those that mention it.

    With `brief` there is only room for what changed.
    """

    title: str
    url: str
    trial: ShownTrial
    posts: tuple[PostLink, ...]
    brief: bool


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


def shown_item(item: DigestItem, manner: Manner) -> ShownItem:
    """A post as it is shown."""
    title, short = wording.title_of(item), manner.fit.short
    excerpt = wording.one_line(item.excerpt)
    quote = wording.one_line(item.quote_text)
    cut = short and len(quote) > SHORT_QUOTE
    quote = wording.shortened(quote, SHORT_QUOTE)
    return ShownItem(
        title=title,
        url=safe_link(item.url),
        dates=manner.ours(wording.dates_of(item, manner.zone)),
        reading_time=manner.ours(wording.reading_time(item)),
        read=f"Read “{wording.shortened(title, _BUTTON_LIMIT)}”",
        excerpt=wording.shortened(excerpt, SHORT_EXCERPT) if short else excerpt,
        picture=_picture(item.image, manner) if manner.fit.pictures else None,
        change=wording.sentence(item.change),
        quote_html=f"<p>{escape(quote)}</p>" if cut else safe_fragment(item.quote_html),
        quote_text=quote if cut else item.quote_text,
        trials=tuple(_trial(note, manner) for note in item.trials),
        more_trials=manner.ours(wording.more_trials(item.more_trials)),
    )


def shown_update(update: TrialUpdate, manner: Manner, *, brief: bool) -> ShownUpdate:
    """A trial's change as it is shown by itself."""
    return ShownUpdate(
        title=wording.trial_title(update.note),
        url=safe_link(update.note.line.url),
        trial=_trial(update.note, manner),
        posts=tuple(
            PostLink(title=wording.one_line(post.title) or "Untitled post", url=link)
            for post in update.posts
            if (link := safe_link(post.url))
        ),
        brief=brief,
    )


def _trial(note: TrialNote, manner: Manner) -> ShownTrial:
    facts, ours = note.line.facts, manner.ours
    known = {
        name: ours(wording.one_line_of_ours(getattr(facts, name))) if facts else ""
        for name in ("status", "phase", "purpose", "sites", "updated", "checked")
    }
    return ShownTrial(
        label=ours(wording.one_line(note.line.label)),
        url=safe_link(note.line.url),
        said=ours(wording.one_line_of_ours(note.line.said)),
        remarks=tuple(ours(wording.sentence(each)) for each in facts.remarks) if facts else (),
        changes=tuple(ours(wording.sentence(change)) for change in note.changes),
        details=ours(" ".join(wording.sentence(each) for each in note.details)),
        **known,
    )


def _picture(image: Image | None, manner: Manner) -> Image | None:
    """The picture if it may be shown; by default only one that lies on the blog's own host, since
    whoever keeps it learns that the mail was opened.
    """
    url = safe_link(image.url) if image else ""
    if image is None or not _may_be_fetched(url, manner):
        return None
    width = min(PICTURE_WIDTH, image.width) if image.width and image.width > 0 else PICTURE_WIDTH
    alt = wording.one_line(image.alt)
    return Image(url=url, alt="" if alt.lower().endswith(_NO_WORDS) else alt, width=width)


def _may_be_fetched(url: str, manner: Manner) -> bool:
    if manner.images is Images.ALL:
        return url.startswith("https:")
    return manner.images is Images.BLOG and _on_own_host(url, manner.masthead.website)


def _on_own_host(url: str, website: str) -> bool:
    try:
        host, own = urlsplit(url).hostname or "", urlsplit(website).hostname or ""
    except ValueError:
        return False
    own = own.removeprefix("www.")
    return bool(own) and url.startswith("http") and (host == own or host.endswith("." + own))
