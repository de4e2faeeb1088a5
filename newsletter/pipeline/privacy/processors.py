"""Who else sees something of the people on the list, by these settings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from newsletter.config import Settings
from newsletter.config.checks import is_loopback
from newsletter.pipeline.context import Context
from newsletter.store.held import latest_pages

_PICTURE: Final = re.compile(
    r"(?:src|background)=[\"'](https?://[^\"'\s>]+)|url\([\"']?(https?://[^\"')]+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Processor:
    """Somebody who sees something. `sees` and `not_seen` are short phrases."""

    name: str
    role: str
    sees: tuple[str, ...]
    not_seen: tuple[str, ...] = ()
    todo: str = ""
    """What the admin has to see to."""


def processors(context: Context) -> tuple[Processor, ...]:
    """Everybody, in the order of how much they see."""
    settings = context.settings
    found = [_transport(settings), _database(settings), _mailboxes(settings)]
    found += [_pages(settings), _pictures(context), _notices(settings)]
    return tuple(each for each in found if each is not None)


def _transport(settings: Settings) -> Processor | None:
    delivery = settings.delivery
    mail = (
        "the address",
        "subject and content of each mail",
        "when it was sent, and what became of it",
    )
    if delivery.transport == "sendgrid":
        host = urlsplit(delivery.sendgrid.base_url).hostname or ""
        place = "the EU" if ".eu." in host else "the United States, its global region"
        page = ("who unsubscribes, by its own page",) if delivery.unsubscribe == "sendgrid" else ()
        barred = ("addresses that must not be mailed",) if settings.suppressions.push else ()
        return Processor(
            name=f"Twilio SendGrid ({host})",
            role=f"sends the mails, from {place}",
            sees=(*mail, "two opaque random ids for each mail", *page, *barred),
            not_seen=("names", "topics and form as such", "opens and clicks: all trackers are off"),
            todo="An agreement on processing data (Twilio's data protection addendum). To be on the"
            " list says something about a person's health: name that in it.",
        )
    if delivery.transport == "smtp":
        return Processor(
            name=f"The mail server {delivery.smtp.host}",
            role="sends the mails",
            sees=mail,
            not_seen=("topics and form as such", "opens and clicks"),
            todo="Unless it is your own: an agreement on processing data with who runs it.",
        )
    return None


def _database(settings: Settings) -> Processor | None:
    url = urlsplit(settings.store.url)
    if url.scheme.startswith("sqlite") or is_loopback(url.hostname or "localhost"):
        return None
    return Processor(
        name=f"The host of the database ({url.hostname})",
        role="keeps everything above that is in the database",
        sees=("everything in the database, if it looks",),
        todo="An agreement on processing data, and encrypted connections and backups.",
    )


def _mailboxes(settings: Settings) -> Processor | None:
    if settings.delivery.transport == "outbox":
        return None
    return Processor(
        name="Each reader's own mail provider",
        role="takes the mails for the reader, chosen by her",
        sees=("the mails to that reader",),
    )


def _pages(settings: Settings) -> Processor | None:
    host = urlsplit(settings.newsletter.public_url).hostname
    if not host or settings.delivery.unsubscribe != "own":
        return None
    return Processor(
        name=f"The host of the readers' pages ({host})",
        role="runs `newsletter serve`, and the web server before it",
        sees=("network addresses of visitors", "addresses typed into its forms, on their way"),
        not_seen=("cookies: there are none", "personal links in logs: our own log has none"),
        todo="Let the web server before it log no addresses of personal pages (/unsubscribe/, "
        "/preferences/, /confirm/, /forget/, /dossier/).",
    )


def _pictures(context: Context) -> Processor | None:
    with context.database.read() as connection:
        pages = latest_pages(connection)
    links = (link or other for html in pages for link, other in _PICTURE.findall(html))
    hosts = sorted({urlsplit(link).hostname or "" for link in links} - {""})
    if not hosts:
        return None
    return Processor(
        name=f"The hosts of pictures ({', '.join(hosts)})",
        role="serve the pictures of the posts when a mail is looked at",
        sees=(
            "the network address of the reader's mail program or of her mail provider, and when",
        ),
        not_seen=("who she is: the addresses of pictures are the same for everybody",),
    )


def _notices(settings: Settings) -> Processor | None:
    if not settings.notify.to:
        return None
    return Processor(
        name="The admin's mail provider",
        role="takes proofs, receipts and alarms",
        sees=("numbers and titles",),
        not_seen=("addresses: they are taken out of such mails",),
    )
