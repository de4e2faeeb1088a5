"""What comes in with a form: kinds of parameters, and how the free ones are read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, Form, Path, Request

from newsletter.web.site import Site
from subscribers.model import Form as MailForm
from subscribers.model import Purpose

_TOKEN = re.compile(r"[A-Za-z0-9._~-]{1,400}")

NOBODY = "-"
"""Stands for whatever cannot be a token, such as one with a zero byte in it."""


async def _token_of(
    token: Annotated[str, Path(description="What a link in a mail carries.")],
) -> str:
    return token if _TOKEN.fullmatch(token) else NOBODY


Token = Annotated[str, Depends(_token_of)]
"""The token of a personal page, made of the characters that ours have."""

Line = Annotated[str, Form(max_length=1000)]
Lines = Annotated[list[str], Form(max_length=100)]

FORMS: Sequence[tuple[MailForm, str, str]] = (
    (MailForm.NORMAL, "Normal", "As most people get it, with pictures."),
    (MailForm.LARGE, "Large print", "The same in larger letters."),
    (MailForm.PLAIN, "Plain text", "Words only; good with a screen reader, and small."),
    (MailForm.DISCREET, "Discreet", "A subject line that tells nobody what it is about."),
)
"""The forms a mail can have: the word for the database, and the words for people."""


async def _body_of(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(_body_of)]
"""The body as it came in, of whatever kind."""


def field(body: bytes, name: str) -> str:
    """One field of a body, if it is an urlencoded form that has it; else ""."""
    try:
        found = parse_qs(body.decode("ascii"), max_num_fields=50).get(name, [""])
    except ValueError:
        return ""
    return found[0]


def mail_form(word: str) -> MailForm | None:
    """The form of this name; None for anything else."""
    return MailForm(word) if word in {each.value for each in MailForm} else None


def topics_of(site: Site, chosen: Sequence[str]) -> tuple[str, ...]:
    """The chosen topics that exist; all of them are the same as none, which is everything."""
    known = [topic.key for topic in site.settings.topics]
    wanted = tuple(key for key in known if key in chosen)
    return () if len(wanted) == len(known) else wanted


def network(request: Request) -> str:
    """Where a request came from, as far as limits go; "" when it is not known."""
    return request.client.host if request.client else ""


PURPOSES = (Purpose.PREFERENCES, Purpose.DOSSIER, Purpose.FORGET)
"""What a fresh link can be asked for."""


def purpose_of(word: str) -> Purpose:
    """The purpose of this name; to choose, for anything else."""
    return next((each for each in PURPOSES if each.value == word), Purpose.PREFERENCES)
