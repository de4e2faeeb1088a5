"""What every use case is given: settings, database, clock, and the way out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from newsletter.config import Settings
from newsletter.config.checks import mailbox
from newsletter.delivery.message import Envelope
from newsletter.delivery.provider_lists import Blocklist, ProviderLists
from newsletter.delivery.transports.contract import Transport
from newsletter.editions.period import Schedule
from newsletter.errors import FeedError
from newsletter.model.edition import Channel, Discretion, Images, Masthead, Rendered, Tags
from newsletter.model.feed import Fetched, Validators
from newsletter.model.look import Look, Scheme
from newsletter.model.post import Image
from newsletter.store.engine import Database

Fetch = Callable[[str, Validators | None], Fetched]
Visit = Callable[[str, bool], Fetched]
"""Asks for a page: whole, or its head only; redirects are followed within its site."""


Press = Callable[[str, str], int]
"""Does something with a link for unsubscribing (`delivery.one_click.WAYS`); the answer's status."""


def _nowhere(url: str, whole: bool) -> Fetched:
    raise FeedError("No page is asked for here.", kind="connection")


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """How far a delivery is: people and batches that are through, and all of them."""

    people: int
    of_people: int
    batches: int
    of_batches: int


Progress = Callable[[Advance], None]
"""Called as work goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One run's world. `now` gives an aware time, `pause` waits so many seconds, `tell` takes a
    line for the person watching. `open_transport` gives the one way out, and `lists` opens the
    provider's lists of who has left; both raise SettingsError without its key, so that what mails
    nobody needs none. `ask_register` fetches from a register of trials, and is None when none is
    to be asked. `secrets` are the keys that erased addresses are known by. `press` tries a link for
    unsubscribing; `blocklist` opens the provider's list that may be written to.
    """

    settings: Settings
    database: Database
    open_transport: Callable[[], Transport]
    now: Callable[[], datetime]
    pause: Callable[[float], None]
    fetch: Fetch
    tell: Callable[[str], None]
    progress: Progress
    lists: Callable[[], ProviderLists]
    visit: Visit = _nowhere
    secrets: tuple[str, ...] = field(default=(), repr=False)
    ask_register: Fetch | None = None
    press: Press | None = None
    blocklist: Callable[[], Blocklist] | None = None
    rehearsed_clock: bool = False
    """Whether `now` is not the time of the files on the disk (NEWSLETTER_NOW)."""

    @property
    def transport(self) -> Transport:
        """The way out that the settings name."""
        return self.open_transport()

    @property
    def transport_name(self) -> str:
        """Its name, which needs no key."""
        return self.settings.delivery.transport

    @property
    def channel(self) -> Channel:
        """Where editions go: rehearsal or real."""
        return channel_of(self.settings)


def channel_of(settings: Settings) -> Channel:
    """Whether mails go out for real."""
    rehearsal = settings.delivery.transport == "outbox"
    return Channel.REHEARSAL if rehearsal else Channel.REAL


def schedule_of(settings: Settings) -> Schedule:
    """The calendar the settings describe."""
    given = settings.schedule
    return Schedule(
        every=given.every,
        on=str(given.on),
        at=given.at,
        zone=settings.newsletter.zone,
        grace=timedelta(hours=given.grace_hours),
    )


def masthead_of(settings: Settings) -> Masthead:
    """What stands above and below every edition."""
    given = settings.newsletter
    return Masthead(
        title=given.title,
        website=given.website,
        language=given.language,
        direction=given.direction,
        timezone=given.timezone,
        disclaimer=given.disclaimer,
        postal_address=given.postal_address,
        reply_address=given.reply_address,
        look=look_of(settings),
        images=Images(settings.digest.images),
        discreet=_discretion_of(settings),
    )


def look_of(settings: Settings) -> Look:
    """The colours, and what stands above and below by the admin's wish."""
    given = settings.look
    logo = Image(url=given.logo, alt=given.logo_alt, width=given.logo_width, height=None)
    return Look(
        light=Scheme(**given.light.model_dump()),
        dark=Scheme(**given.dark.model_dump()),
        logo=logo if given.logo else None,
        masthead=given.masthead,
        footer=given.footer,
    )


def _discretion_of(settings: Settings) -> Discretion:
    """How discreet mails look from outside; a sender of their own also gets the answers."""
    given, sender = settings.privacy, settings.newsletter
    named, own = given.discreet_sender, given.discreet_address
    return Discretion(
        sender=named if own else f"{named} <{sender.sender_address}>",
        subject=given.discreet_subject,
        reply_address=own,
    )


def pages_of(settings: Settings) -> str:
    """Where our own pages for readers are; "" when the provider keeps the one for unsubscribing."""
    own = settings.delivery.unsubscribe == "own"
    return settings.newsletter.public_url if own else ""


def tags_of(settings: Settings, nonce: str) -> Tags:
    """The placeholders of an edition with this nonce."""
    return Tags.of(nonce, pages=bool(pages_of(settings)))


def envelope_of(settings: Settings) -> Envelope:
    """The headers every mail has."""
    given = settings.newsletter
    return Envelope(
        sender_name=given.sender_name,
        sender_address=given.sender_address,
        reply_to=given.reply_to,
        title=given.title,
        language=given.language,
    )


def envelope_for(envelope: Envelope, variant: Rendered) -> Envelope:
    """The envelope of a variant: a discreet one has a sender of its own, and names no list."""
    if not variant.sender:
        return envelope
    name, address = mailbox(variant.sender)
    reply_to = envelope.reply_to if address == envelope.sender_address else ""
    return replace(envelope, sender_name=name, sender_address=address, reply_to=reply_to, title="")
