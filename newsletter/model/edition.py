"""Editions: one issue of the newsletter for one period, and what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from newsletter.model.masthead import Discretion as Discretion
from newsletter.model.masthead import Images as Images
from newsletter.model.masthead import Masthead as Masthead
from newsletter.model.page import Withdrawn
from newsletter.model.post import Image
from newsletter.model.trial import RegisterLine
from subscribers.model import Form as Form


class Channel(StrEnum):
    """Where an edition goes; the two know nothing of each other's periods and posts."""

    REHEARSAL = "rehearsal"
    REAL = "real"


class EditionState(StrEnum):
    """The life of an edition, as docs/explanation/delivery.md draws it."""

    DRAFT = "draft"
    HELD = "held"
    FROZEN = "frozen"
    SENDING = "sending"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    SCHEDULED = "scheduled"
    SENT = "sent"
    PARTIAL = "partial"


class ItemKind(StrEnum):
    """Why a post is in an edition."""

    UPDATED = "updated"
    NEW = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One turn of the schedule. `key` is that of the scheduled moment: `2026-W47`, `2026-11-22` or
    `2026-11`; `scheduled_at` is UTC; `first_day` is local, and what the reader sees as the date.
    """

    key: str
    scheduled_at: datetime
    first_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialNote:
    """A trial as it stands beside a post: the register's line, and beneath it what changed.

    `changes` and `details` (what belongs under "register details") are sentences; they are empty
    where nothing changed since readers were told last, or the trial is not followed. `record_id`
    is the record that the changes lead to; None where there are none.
    """

    line: RegisterLine
    title: str = ""
    changes: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    record_id: int | None = None

    @property
    def number(self) -> str:
        """The trial's number in its register: `NCT03590119`."""
        return self.line.trial.number

    @property
    def change(self) -> str:
        """What changed, in one text; "" when nothing did."""
        return " ".join(self.changes or self.details)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostLink:
    """A post that another item points to."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialUpdate:
    """A trial's change that an edition shows by itself, since no post about it changed.

    `posts` are those that mention the trial; `topics` are theirs, none means everybody.
    """

    note: TrialNote
    posts: tuple[PostLink, ...] = ()
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestItem:
    """A post as an edition shows it.

    `published` and `updated` are UTC. `excerpt` is plain text of whole sentences. For an updated
    post `change` is the sentence that says what changed and `quote_html`/`quote_text` quote it.
    `topics` are keys of the settings' topics; none means that it goes to everybody. `trials` are
    the trials that it mentions, `more_trials` how many more of them there are than are shown.
    """

    post_id: int
    revision_id: int
    kind: ItemKind
    title: str
    url: str
    published: datetime | None
    updated: datetime | None
    excerpt: str = ""
    image: Image | None = None
    reading_minutes: int = 1
    change: str = ""
    quote_html: str = ""
    quote_text: str = ""
    topics: tuple[str, ...] = ()
    trials: tuple[TrialNote, ...] = ()
    more_trials: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How a digest is cut down to the size of a mail, gently first; as it stands it is not.

    `short`: excerpts and quotations are. The last `titles` of its posts are shown by title alone,
    `left` more are not shown, only counted; the last `brief` trial updates say but what changed.
    """

    short: bool = False
    pictures: bool = True
    titles: int = 0
    left: int = 0
    brief: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """All an edition of one variant shows, before it is rendered. `note` is Markdown."""

    period: Period
    masthead: Masthead
    variant: str
    form: Form
    note: str
    updated: tuple[DigestItem, ...]
    new: tuple[DigestItem, ...]
    trials: tuple[TrialUpdate, ...] = ()
    sample: bool = False
    withdrawn: tuple[Withdrawn, ...] = ()
    fit: Fit = Fit()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """The placeholders for what is personal, unguessable per edition, filled by the transport.

    HTML and text have their own, since a value is escaped for the one and not for the other. The
    tags for the page are "" where there are no pages of our own.
    """

    unsubscribe_html: str
    preferences_html: str
    view_html: str
    unsubscribe_text: str
    preferences_text: str
    view_text: str

    @classmethod
    def of(cls, nonce: str, *, pages: bool = True) -> Tags:
        """The tags of an edition whose random nonce (hex) this is.

        Without `pages` of our own there is no place where a mail could be seen in a browser.
        """
        tags = {name: f"-nl-{nonce}-{name.replace('_', '-')}-" for name in cls.__slots__}
        return cls(**tags if pages else {**tags, "view_html": "", "view_text": ""})

    def all(self) -> tuple[str, ...]:
        """Every tag that is in use, in a fixed order."""
        return tuple(filter(None, (getattr(self, name) for name in self.__slots__)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One variant's bytes-to-be: the same for preview, approval, archive and sending.

    `sender` (a name and an address) is that of a discreet variant, "" for the edition's own.
    """

    key: str
    form: Form
    subject: str
    mjml: str
    html: str
    text: str
    checksum: str
    preheader: str = ""
    sender: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something the quality check has to say about a variant. An error holds the edition."""

    code: str
    error: bool
    place: str
    message: str
    mend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """An edition as the store knows it. Times are UTC.

    `checksum` is over all variants; `previewed_checksum` is the one that the admin has looked at.
    `transport`, `sender`, `public_url` and `undo_minutes` are those it was frozen with.
    """

    id: int
    period: Period
    channel: Channel
    state: EditionState
    nonce: str
    note: str
    reasons: tuple[str, ...]
    checksum: str
    previewed_checksum: str
    transport: str
    sender: str
    public_url: str
    undo_minutes: int
    composed_at: datetime | None
    frozen_at: datetime | None
    planned_at: datetime | None
    finished_at: datetime | None

    @property
    def key(self) -> str:
        """The period's key, which is the edition's name: `2026-W47`."""
        return self.period.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """How many people chose this set of topics and this form, and the variant they get.

    `topics` is spelled as the subscriber's row spells it. No variant: nothing for their topics.
    """

    topics: str
    form: Form
    people: int
    variant: str | None = None
