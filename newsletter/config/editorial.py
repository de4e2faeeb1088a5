"""The settings of what is written, to whom, and when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationInfo, field_validator

from newsletter.config import checks
from newsletter.config.fields import (
    STRICT,
    ClockTime,
    Language,
    Line,
    Mailbox,
    OptionalMailbox,
    OptionalRoot,
    Pattern,
    Secure,
    TimeZone,
    WebAddress,
    setting,
)


class NewsletterSettings(BaseModel):
    """Who writes to whom: the newsletter's name, sender, addresses, language and time zone."""

    model_config = STRICT

    title: Line = setting(
        ..., "The name of the newsletter, at the top of every edition.", "the newsletter's name"
    )
    sender: Mailbox = setting(
        ...,
        "Who the mails come from; the address must be one you may send from.",
        "a name and an address, such as Jane Doe <news@example.org>",
    )
    reply_to: OptionalMailbox = setting(
        "", "Where answers go; empty means to the sender.", "an e-mail address, or nothing"
    )
    postal_address: str = setting(
        "",
        "Your postal address, at the foot of every edition; the law asks for it, and nothing is"
        " really sent without it.",
        "text",
    )
    website: Secure = setting(
        ..., "The blog's own address.", "an address such as https://blog.example.org"
    )
    public_url: OptionalRoot = setting(
        "",
        "Where the pages for unsubscribing and preferences can be reached; required unless"
        ' delivery.unsubscribe is "sendgrid".',
        "an address such as https://news.example.org",
    )
    language: Language = setting(
        "en", "The language of the newsletter.", "a language tag such as en-GB"
    )
    timezone: TimeZone = setting(
        "UTC",
        "The time zone of the schedule and of every date shown.",
        "a name such as Europe/London",
    )
    disclaimer: str = setting("", "A text shown in every edition, such as a disclaimer.", "text")

    @property
    def sender_name(self) -> str:
        """The name of the sender without the address; may be empty."""
        return checks.mailbox(self.sender)[0]

    @property
    def sender_address(self) -> str:
        """The address of the sender without the name."""
        return checks.mailbox(self.sender)[1]

    @property
    def reply_address(self) -> str:
        """Where answers go: `reply_to`, or else the sender."""
        return self.reply_to or self.sender_address

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.timezone)

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`, by the language."""
        return checks.direction(self.language)


class FeedSettings(BaseModel):
    """A feed of the blog; there can be several."""

    model_config = STRICT

    url: WebAddress = setting(
        ...,
        "The address of the feed; Atom tells more about updates than RSS.",
        "an address such as https://blog.example.org/feed/atom/",
    )

    def __repr_args__(self) -> Iterator[tuple[str, str]]:
        """What `repr` shows: the address may hold a password, which it keeps to itself."""
        yield "url", checks.masked(self.url)


class TopicSettings(BaseModel):
    """A topic subscribers can choose; a post belongs to it by category or by its title."""

    model_config = STRICT

    key: str = setting(
        ...,
        "A short, lasting name, used in lists of subscribers.",
        "small letters, digits and hyphens, such as living-well",
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
    )
    title: Line = setting(..., "What readers see.", "the topic's name")
    categories: tuple[str, ...] = setting(
        (),
        "The blog's categories that belong to the topic.",
        'a list of texts such as ["Clinical Trials", "Research"]',
        strict=False,
    )
    title_pattern: Pattern = setting(
        "",
        "A regular expression; a post whose title it matches belongs to the topic.",
        "a regular expression such as (?i)trial|study",
    )


class ChangesSettings(BaseModel):
    """When a change of a post is news, and how much of it is quoted."""

    model_config = STRICT

    paragraph_words: int = setting(
        5,
        "A new paragraph, list item or table row is news when it has at least so many words; with a"
        " number or a word of status in it, it always is.",
        "a whole number from 1 to 200",
        ge=1,
        le=200,
    )
    new_words: int = setting(
        8,
        "A paragraph that was there is news again when at least so many words were put into it, or"
        " fewer of them that are a good part of it.",
        "a whole number from 1 to 500",
        ge=1,
        le=500,
    )
    status_words: tuple[str, ...] = setting(
        (),
        "More words, or short phrases, that turn what a reader should do, beside the English ones"
        " such as “closed”: wherever one comes or goes, that is news.",
        'a list of words such as ["rekrutiert", "nicht mehr"]',
        strict=False,
    )
    quote_length: int = setting(
        400,
        "About so many characters of what is new are quoted, in whole sentences.",
        "a whole number from 100 to 2000",
        ge=100,
        le=2000,
    )
    always: tuple[str, ...] = setting(
        (),
        "Addresses of posts of which every change is news, `*` standing for anything.",
        'a list of addresses such as ["*/side-effects-diary/"]',
        strict=False,
    )
    never: tuple[str, ...] = setting(
        (),
        "Addresses of posts of which nothing is news, not even that they are there: an index that"
        " changes by itself.",
        'a list of addresses such as ["*/index-of-all-posts/", "blog.example.org/links/*"]',
        strict=False,
    )
    normal: tuple[str, ...] = setting(
        (),
        "Exceptions from these two: addresses of posts that are weighed like any other.",
        "a list of addresses",
        strict=False,
    )


class ScheduleSettings(BaseModel):
    """When an edition goes out."""

    model_config = STRICT

    every: Literal["day", "week", "month"] = setting(
        "week", "How often an edition goes out.", '"day", "week" or "month"'
    )
    on: int | str = setting(
        "",
        'The day: a weekday for weeks (default "thursday"), 1 to 31 or "last" for months (default'
        " 1; a month that is too short takes its last day); not used for days.",
        'a weekday for weeks, or 1 to 31 or "last" for months',
        validate_default=True,
    )
    at: ClockTime = setting(
        time(9, 0), "The time of day, in the newsletter's time zone.", "a time such as 09:53"
    )
    grace_hours: int = setting(
        48,
        "A run that was missed is made up for when it is found within so many hours.",
        "a whole number from 0 to 744",
        ge=0,
        le=744,
    )
    late: Literal["merge", "skip"] = setting(
        "merge",
        'After that: "merge" its posts into the next edition, or "skip" them.',
        '"merge" or "skip"',
    )
    approval: Literal["none", "required"] = setting(
        "none",
        'With "required" an edition waits until somebody approved it.',
        '"none" or "required"',
    )

    @field_validator("on")
    @classmethod
    def _fits(cls, value: int | str, info: ValidationInfo) -> int | str:
        return checks.day_of_period(value, info.data.get("every"))

    @property
    def weekday(self) -> int | None:
        """For weeks the weekday, Monday being 0; else None."""
        return checks.WEEKDAYS.index(str(self.on)) if self.every == "week" else None

    @property
    def month_day(self) -> int | None:
        """For months the day, 31 for the last; a shorter month takes its last day. Else None."""
        if self.every != "month":
            return None
        return 31 if self.on == "last" else int(self.on)
