"""The settings of signing up by the pages, and of the mails that answer who asks there."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel

from newsletter.config.fields import STRICT, Line, setting

WORDING: Final = (
    "Please send me {title} by email. I know that being on its list can say something about my"
    " health. My address is used for nothing else, and I can leave with one click at any time."
)


class SignupSettings(BaseModel):
    """How people join by the pages of `newsletter serve`, and how often they may ask there."""

    model_config = STRICT

    enabled: bool = setting(
        default=True,
        meaning="Whether people can sign up by the pages.",
        expected="true or false",
    )
    wording: Line = setting(
        WORDING,
        "What people agree to; it stands in the form, and is kept with each consent, word for word."
        " `{title}` stands for the newsletter's.",
        "a sentence or two, on one line",
    )
    confirm_hours: int = setting(
        72,
        "So many hours the link holds that a person confirms with.",
        "a whole number from 1 to 720",
        ge=1,
        le=720,
    )
    link_hours: int = setting(
        24,
        "So many hours the other links hold that are mailed when a person asks for one: to change"
        " topics, to see what is held, to be forgotten.",
        "a whole number from 1 to 168",
        ge=1,
        le=168,
    )
    sender_name: Line = setting(
        "Newsletter",
        "The name such mails come from: one that tells nobody who looks over a shoulder what the"
        " newsletter is about.",
        "a name, such as Newsletter",
    )
    again_minutes: int = setting(
        60,
        "An address gets at most one mail of a kind in so many minutes, however often it is typed"
        " into a form.",
        "a whole number from 1 to 1440",
        ge=1,
        le=1440,
    )
    mails_per_day: int = setting(
        4,
        "An address gets at most so many of these mails in 24 hours.",
        "a whole number from 1 to 20",
        ge=1,
        le=20,
    )
    per_address: int = setting(
        5,
        "In an hour an address can be typed into the forms so many times before it is ignored.",
        "a whole number from 1 to 100",
        ge=1,
        le=100,
    )
    per_network: int = setting(
        20,
        "In an hour the forms can be sent so many times from one network; a clinic is one.",
        "a whole number from 1 to 10000",
        ge=1,
        le=10_000,
    )
    keep_network_address: bool = setting(
        default=False,
        meaning="Whether the evidence of a consent keeps from which network address it came.",
        expected="true or false",
    )
