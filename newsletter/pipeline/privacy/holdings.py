"""What is held about people, where, why and for how long; and how much of it there is now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from newsletter.config import Settings
from newsletter.pipeline.context import Context
from newsletter.pipeline.privacy import files
from newsletter.pipeline.privacy.keeping import Kept, kept_things
from newsletter.store.held import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One kind of thing that is held about people. `number` is how many there are now."""

    what: str
    why: str
    where: str
    kept: str
    days: int | None
    """After how many days it goes by itself; None for what stays until something else happens."""
    number: int


_WHILE_ON_THE_LIST: Final = "until the person is erased"
_LASTING: Final = (
    (
        "people_active",
        "People on the list: address, name if given, topics, form, pause, a random token",
        "to send them the newsletter they asked for",
        _WHILE_ON_THE_LIST,
    ),
    (
        "people_unsubscribed",
        "People who left: the same",
        "so that no import brings them back",
        _WHILE_ON_THE_LIST,
    ),
    (
        "consents",
        "Evidence: when, how and by which words somebody agreed, changed something, or left",
        "to be able to show that they agreed",
        _WHILE_ON_THE_LIST,
    ),
    (
        "suppressions",
        "Addresses that must not be written to, with the reason",
        "so that nobody is mailed who must not be",
        "until the admin lifts it, or the person is erased",
    ),
    (
        "erased",
        "Erased people: a keyed hash, from which no address can be read",
        "so that no import brings them back",
        "for good; without the secret key it is nobody's",
    ),
    (
        "pushed",
        "Addresses that were put on the provider's own list of those who want no mail",
        "so that each is told once, and can be taken off again",
        "until the address is let in again, or the person is erased",
    ),
    (
        "deliveries",
        "The ledger: which edition went to which number of a person, and what became of it",
        "so that nobody gets an edition twice",
        "for good; of an erased person it is pseudonymous",
    ),
)
_WHY: Final = {
    "events": "to see what arrived, and to stop writing to dead addresses",
    "posts": "none is lost between arriving and being absorbed",
    "soft_bounces": "to give up a mailbox that takes nothing for a long time",
    "batch_errors": "to say what to mend",
    "notices": "the admin is told once",
    "networks": "evidence, where the settings ask for it",
    "requests": "to answer with a link that works once",
    "never_confirmed": "they may still confirm",
    "limits": "so that nobody is flooded with mails",
    "outbox": "to look at a rehearsal",
    "rejects": "to correct rows and import them again",
}


def holdings(context: Context) -> tuple[Holding, ...]:
    """All of it, what lasts first."""
    with context.database.read() as connection:
        now = counted(connection)
    database = database_words(context.settings)
    lasting = [
        Holding(what=what, why=why, where=database, kept=kept, days=None, number=now[key])
        for key, what, why, kept in _LASTING
    ]
    passing = [
        _passing(context, kept, database, now)
        for kept in kept_things(context.settings)
        if kept.key in _WHY
    ]
    return (*lasting, *passing)


def _passing(context: Context, kept: Kept, database: str, now: Mapping[str, int]) -> Holding:
    days = kept.kept.days
    by = f" ([privacy] {kept.setting})" if kept.setting else ""
    where = database
    if kept.key == "outbox":
        where = f"files in {context.settings.delivery.outbox}/"
        number = files.all_mails(context)
    elif kept.key == "rejects":
        where = "files beside newsletter.toml"
        number = len(files.rejects(context))
    else:
        number = now["people_pending" if kept.key == "never_confirmed" else kept.key]
    return Holding(
        what=f"{kept.what[:1].upper()}{kept.what[1:]}",
        why=_WHY[kept.key],
        where=where,
        kept=f"{days} days{by}",
        days=days,
        number=number,
    )


def database_words(settings: Settings) -> str:
    """Where the database is, without a name or password."""
    url = urlsplit(settings.store.url)
    if url.scheme.startswith("sqlite"):
        return f"the database file {url.path.rpartition('/')[2]} on this computer"
    return f"the PostgreSQL database at {url.hostname or 'this computer'}"
