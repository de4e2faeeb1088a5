"""The settings of how it is kept, delivered and held back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel

from newsletter.config import checks
from newsletter.config.fields import (
    STRICT,
    Line,
    OptionalLine,
    OptionalMailbox,
    Root,
    StoreAddress,
    UndoMinutes,
    WarmUp,
    section,
    setting,
)


class StoreSettings(BaseModel):
    """Where everything is remembered."""

    model_config = STRICT

    url: StoreAddress = setting(
        "sqlite:///newsletter.db",
        "The database: a file, or a PostgreSQL server.",
        "sqlite:///newsletter.db or postgresql://user@host/name",
    )

    def __repr_args__(self) -> Iterator[tuple[str, str]]:
        """What `repr` shows: the address may hold a password, which it keeps to itself."""
        yield "url", checks.masked(self.url)


class SendGridSettings(BaseModel):
    """How SendGrid is reached."""

    model_config = STRICT

    base_url: Root = setting(
        "https://api.sendgrid.com",
        "SendGrid's address; accounts in the EU use https://api.eu.sendgrid.com.",
        "an address such as https://api.sendgrid.com",
    )
    timeout_seconds: float = setting(
        30.0,
        "How long an answer is waited for; a cancel has to fit beside it into the undo window.",
        "a number from 1 to 120",
        ge=1,
        le=120,
    )


class SmtpSettings(BaseModel):
    """How a mail server is reached."""

    model_config = STRICT

    host: Line = setting(
        "localhost", "The mail server.", "a host name such as localhost or mail.example.org"
    )
    port: int = setting(587, "Its port.", "a whole number from 1 to 65535", ge=1, le=65535)
    security: Literal["auto", "starttls", "tls", "none"] = setting(
        "auto",
        'How the way to it is encrypted: "tls" from the first byte (port 465), "starttls" after a'
        ' word in clear (587, 25), "auto" whichever fits; "none" only for a server on this very'
        " computer.",
        '"auto", "starttls", "tls" or "none"',
    )
    user: OptionalLine = setting(
        "",
        "The name to log in with, its password being NEWSLETTER_SMTP_PASSWORD; empty means no"
        " login.",
        "the name your provider gave you, or nothing",
    )
    timeout_seconds: float = setting(
        60.0,
        "How long an answer is waited for; whoever gives up too early does not know whether a mail"
        " was taken.",
        "a number from 1 to 300",
        ge=1,
        le=300,
    )


class DeliverySettings(BaseModel):
    """How mails go out, how fast, and how they can be taken back."""

    model_config = STRICT

    transport: Literal["outbox", "smtp", "sendgrid"] = setting(
        "outbox",
        'How mails go out: "outbox" only writes them to files, for rehearsals.',
        '"outbox", "smtp" or "sendgrid"',
    )
    outbox: Line = setting("outbox", "The folder of the rehearsal's mails.", "the name of a folder")
    undo_minutes: UndoMinutes = setting(
        30,
        "How long a send can be taken back before the mails leave; 0 means not at all.",
        "0, or a whole number from 20 to 4000",
    )
    unsubscribe: Literal["own", "sendgrid"] = setting(
        "own",
        'Who keeps the page for unsubscribing: "own" needs newsletter.public_url, "sendgrid" needs'
        " no server.",
        '"own" or "sendgrid"',
    )
    batch_size: int = setting(
        1000,
        "How many people are handed over in one request.",
        "a whole number from 1 to 1000",
        ge=1,
        le=1000,
    )
    concurrency: int = setting(
        4,
        "How many requests are under way at a time.",
        "a whole number from 1 to 64",
        ge=1,
        le=64,
    )
    per_second: float = setting(
        10.0,
        "At most so many requests a second, by all workers together.",
        "a number above 0, up to 1000",
        gt=0,
        le=1000,
    )
    per_day: int = setting(
        0,
        "At most so many people a day; the rest goes out on the next day. 0 means no limit.",
        "a whole number, 0 or more",
        ge=0,
    )
    warmup: WarmUp = setting(
        (),
        "At most so many people on the first day of really sending, on the second, and so on, while"
        " a new sender is warming up; empty means that there is no plan.",
        "a list of whole numbers from 1, none smaller than the one before but the last, such as"
        " [500, 1000, 2000]",
        strict=False,
    )
    sendgrid: SendGridSettings = section(SendGridSettings, "How SendGrid is reached.")
    smtp: SmtpSettings = section(SmtpSettings, "How a mail server is reached.")


class TrialsSettings(BaseModel):
    """What is asked of the register of clinical trials, and what of it readers are told."""

    model_config = STRICT

    check: bool = setting(
        default=True,
        meaning="Whether ClinicalTrials.gov is asked about the trials that posts mention.",
        expected="true or false",
    )
    base_url: Root = setting(
        "https://clinicaltrials.gov/api/v2",
        "Where its interface is.",
        "an address such as https://clinicaltrials.gov/api/v2",
    )
    propose_up_to: int = setting(
        3,
        "A post that mentions at most so many trials is taken to be about them, and they are"
        " proposed for following; one that mentions more is a list.",
        "a whole number from 0 to 50",
        ge=0,
        le=50,
    )
    unattended: bool = setting(
        default=False,
        meaning="Whether what changed in the register of a trial that you follow goes into an"
        " edition without your approval.",
        expected="true or false",
    )
    stale_days: int = setting(
        10,
        "After so many days without an answer readers are told since when the register was not"
        " reached.",
        "a whole number from 1 to 365",
        ge=1,
        le=365,
    )
    timeout_seconds: float = setting(
        30.0,
        "How long one answer of the register is waited for.",
        "a number from 1 to 120",
        ge=1,
        le=120,
    )


class CollectSettings(BaseModel):
    """How the blog is read."""

    model_config = STRICT

    most_pages: int = setting(
        20,
        "A feed shows the last posts only. On WordPress older ones are asked for too, when they"
        " were edited, and at first all of them, but at most so many pages in one run (100 posts"
        " each by the REST API, as many as the feed shows otherwise). 0 means that nothing but the"
        " feed is asked for.",
        "a whole number from 0 to 1000",
        ge=0,
        le=1000,
    )


class DigestSettings(BaseModel):
    """What is looked at on the blog before an edition goes out, and shown of it."""

    model_config = STRICT

    images: Literal["none", "blog", "all"] = setting(
        "blog",
        'Which pictures of posts are shown: "none", those on the "blog"\'s own host, or "all".'
        " Whoever keeps a picture can see that a mail was opened.",
        '"none", "blog" or "all"',
    )

    check_links: bool = setting(
        default=True,
        meaning="Before an edition goes out, each of its links to the blog is tried; a post that is"
        " gone from the blog is left out.",
        expected="true or false",
    )
    no_longer_available: bool = setting(
        default=False,
        meaning="Whether readers are told of a post that was in an earlier edition and is gone from"
        " the blog.",
        expected="true or false",
    )


class FuseSettings(BaseModel):
    """When too much changed at once, the edition waits for you."""

    model_config = STRICT

    max_items: int = setting(
        20, "At most so many posts in an edition.", "a whole number from 1", ge=1
    )
    max_share: float = setting(
        0.5,
        "At most this share of the known posts may have changed at once.",
        "a number above 0, up to 1",
        gt=0,
        le=1,
    )


class NotifySettings(BaseModel):
    """Who hears of proofs, receipts, holds and failures."""

    model_config = STRICT

    to: OptionalMailbox = setting(
        "", "Your own address; empty means nobody is told.", "an e-mail address, or nothing"
    )
    proof_hours: int = setting(
        24,
        "So many hours before an edition a proof goes to that address; 0 means no proof.",
        "a whole number from 0 to 168",
        ge=0,
        le=168,
    )
