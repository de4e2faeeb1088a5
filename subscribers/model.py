"""The words of this package as frozen values: no input or output, no third-party import."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

TOPIC_JOINER = "+"
"""Joins topic keys in the one canonical spelling of a person's choice; keys never hold it."""


class SubscriptionStatus(StrEnum):
    """Whether a person gets the newsletter."""

    PENDING = "pending"
    """Asked for it, and has not confirmed yet."""
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"


class SuppressionReason(StrEnum):
    """Why an address must not be written to, whatever its subscription says."""

    UNSUBSCRIBED = "unsubscribed"
    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCES = "soft_bounces"
    COMPLAINT = "complaint"
    MANUAL = "manual"
    ERASED = "erased"


class ConsentKind(StrEnum):
    """What a line of the evidence says happened."""

    ASKED = "asked"
    """Somebody typed the address into a form; not consent yet."""
    GIVEN = "given"
    IMPORTED = "imported"
    WITHDRAWN = "withdrawn"
    CHANGED = "changed"
    """The person chose other topics, another form or a pause; `detail` says what."""


AGREED = (ConsentKind.GIVEN, ConsentKind.IMPORTED)
"""The kinds that are consent."""


class Method(StrEnum):
    """By which way something came about."""

    UNSTATED = ""
    """Of lines written before ways were noted, and of an import."""
    FORM = "form"
    """A form on a page."""
    MAILED_LINK = "mailed-link"
    """A page behind a link that was mailed to the address for this alone."""
    PERSONAL_LINK = "personal-link"
    """A page behind the lasting link that stands in each of the person's mails."""
    ONE_CLICK = "one-click"
    """The mail program's own button (RFC 8058)."""
    ADMIN = "admin"
    PROVIDER = "provider"


class Purpose(StrEnum):
    """What somebody asks for on a page, to be answered by a mail with a fresh link."""

    SUBSCRIBE = "subscribe"
    PREFERENCES = "preferences"
    FORGET = "forget"
    DOSSIER = "dossier"


class Letter(StrEnum):
    """The mail that answers a request; the words are also the names of its templates."""

    CONFIRM = "confirm"
    ALREADY = "already"
    """For who asks to be on the list and is."""
    PREFERENCES = "preferences"
    FORGET = "forget"
    DOSSIER = "dossier"


class RequestState(StrEnum):
    """How far a request is: asked → due → mailed → used, or one of the dead ends."""

    ASKED = "asked"
    DUE = "due"
    """The mail is decided on, and being handed over."""
    MAILED = "mailed"
    USED = "used"
    VOID = "void"
    """Overtaken: the person left in between, or another link of hers was used."""
    DROPPED = "dropped"
    """No mail; `reason` says why."""
    FAILED = "failed"
    """The mail could not be handed over, however often it was tried."""


class Form(StrEnum):
    """How a person wants the mail to look; the same words as the editions use."""

    NORMAL = "normal"
    LARGE = "large"
    PLAIN = "plain"
    DISCREET = "discreet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person on the list. Times are UTC; `topics` are sorted keys, none means everything."""

    id: int
    address: str
    name: str
    token: str = field(repr=False)
    """Random and stored: what personal links carry. Never logged."""
    status: SubscriptionStatus
    topics: tuple[str, ...]
    form: Form
    created_at: datetime
    confirmed_at: datetime | None
    """When consent was given, as stated; None for a person who is still pending."""
    changed_at: datetime
    paused_until: datetime | None = None
    """No edition before then; it may lie in the past."""

    def is_paused(self, now: datetime) -> bool:
        """Whether the person wants no edition at this time."""
        return self.paused_until is not None and self.paused_until > now


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One line of evidence, only ever added. Times are UTC.

    `happened_at` is when it happened, as stated; `recorded_at` when we wrote it down. `wording` is
    what was shown, word for word, and `wording_version` its short name. `network` is where it came
    from, which is only kept if the settings say so.
    """

    happened_at: datetime
    recorded_at: datetime
    kind: ConsentKind
    source: str
    wording: str = ""
    wording_version: str = ""
    method: Method = Method.UNSTATED
    detail: str = ""
    network: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody asked for, and the mail that answers it. Times are UTC."""

    id: int
    purpose: Purpose
    nonce: str
    """What the link in the mail carries, signed. Never logged."""
    address: str
    topics: tuple[str, ...]
    form: Form
    wording_version: str
    source: str
    network: str
    asked_at: datetime
    expires_at: datetime
    state: RequestState
    letter: Letter | None
    reason: str
    tries: int
    mailed_at: datetime | None
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address that must not be written to, and why. `since` is UTC.

    `erased`: only a hash is kept of it. Its reason then is `ERASED`, or one that only the admin can
    undo, which an erasure does not.
    """

    reason: SuppressionReason
    since: datetime
    note: str = ""
    erased: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressedAddress:
    """A line of the list of suppressions. `address` is in lower case, None for an erased one."""

    id: int
    address: str | None
    suppression: Suppression


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """All that is held about one address; `subscriber` is None where only a suppression is left."""

    subscriber: Subscriber | None
    consents: tuple[Consent, ...] = ()
    suppression: Suppression | None = None
    requests: tuple[Request, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What `count` active subscribers have chosen alike: they share one variant of an edition."""

    topics: tuple[str, ...]
    form: Form
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which subscribers to list or export; what is None or "" does not matter."""

    status: SubscriptionStatus | None = None
    topic: str | None = None
    """Who has chosen this topic by name; not those who get everything."""
    search: str = ""
    """Part of the address or the name, in any case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did, or in a dry run would have done; `rows` is the sum of the other five."""

    rows: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    left_alone: int = 0
    rejected: int = 0
    rejects_file: str | None = None
    left_alone_reasons: dict[str, int] = field(default_factory=dict)
    first_rejects: tuple[tuple[int, str], ...] = ()
    """Line number and reason of the first few, for showing."""
    encoding: str = ""
    separator: str = ""
    ignored_columns: tuple[str, ...] = ()
    preset: str = ""
    """Whose export it was; "" for a plain list."""
    files: tuple[str, ...] = ()
    """The lists that were read, in their order."""
    other_files: tuple[str, ...] = ()
    """What else was in the ZIP."""
    suppressed: int = 0
    """Addresses suppressed since the list calls them unreachable; each is one of `left_alone`, or
    of somebody who left, or who is on the list all the same."""
    by_status: dict[str, int] = field(default_factory=dict)
    by_source: dict[str, int] = field(default_factory=dict)
    by_year: dict[str, int] = field(default_factory=dict)
    """The year of the consent; `no date` where the list does not say it."""


def join_topics(keys: Iterable[str]) -> str:
    """The canonical spelling of a choice of topics: sorted, each once; "" means everything."""
    return TOPIC_JOINER.join(sorted(set(keys)))


def split_topics(text: str) -> tuple[str, ...]:
    """The topic keys of a canonical choice."""
    return tuple(text.split(TOPIC_JOINER)) if text else ()
