"""Takes over the provider's lists of who left, bounced or complained.

Each list has its own `through` in the database: up to then it was read to its end. A run begins a
day before that, so that what SendGrid enters late, or what shifted while it was read, is met again;
taking a row over twice changes nothing. Every page is committed, and `through` after the last one,
so that a run that is stopped loses nothing and the next one reads that list again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from newsletter.config import Settings
from newsletter.delivery.provider_lists import ListPage, ProviderLists
from newsletter.errors import HeldError, TransportError
from newsletter.pipeline.context import Context
from newsletter.store import provider_lists as store
from newsletter.store.engine import Database
from subscribers.errors import SecretKeyError
from subscribers.model import Suppression, SuppressionReason
from subscribers.reported import take_over
from subscribers.store import pushed
from subscribers.store.suppressions import Bar

OVERLAP = timedelta(days=1)
"""So far back before the end of the last run the next one begins."""

SOURCE = "sendgrid"
"""The evidence of who left there."""

_SAID_EVERY = 5_000
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

Pause = Callable[[float], None]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListReport:
    """What one list came to; `read` is the sum of the four after it.

    `ignored`: rows without a usable address, those of a list that means nothing for us, and people
    who joined again after they had left (`rejoined`, counted in it).
    """

    name: str
    read: int = 0
    suppressed: int = 0
    unsubscribed: int = 0
    known: int = 0
    ignored: int = 0
    rejoined: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What all lists came to."""

    lists: tuple[ListReport, ...]

    @property
    def suppressed(self) -> int:
        """How many addresses more are suppressed."""
        return sum(each.suppressed for each in self.lists)

    @property
    def unsubscribed(self) -> int:
        """How many people left the list."""
        return sum(each.unsubscribed for each in self.lists)


def required(settings: Settings) -> bool:
    """Whether nothing may go out before the lists were read: SendGrid keeps who has left."""
    delivery = settings.delivery
    return delivery.unsubscribe == "sendgrid" and delivery.transport == "sendgrid"


def sync_before_send(context: Context) -> SyncReport | None:
    """Reads the lists where they are required; None where not. A few small requests.

    Raises HeldError when they cannot be read, since somebody may have left there.
    """
    if not required(context.settings):
        return None
    try:
        report = sync(
            context.database,
            context.lists(),
            now=context.now(),
            pause=context.pause,
            tell=context.tell,
            secrets=context.secrets,
        )
    except (TransportError, SecretKeyError) as error:
        raise HeldError(
            "Nothing goes out before it is known who unsubscribed at SendGrid, and that could not"
            f" be read: {error.message}",
            f"{error.mend} Then run `newsletter send` again.".strip(),
        ) from error
    if report.unsubscribed or report.suppressed:
        left, barred = f"{report.unsubscribed:,} unsubscribed", f"{report.suppressed:,} suppressed"
        context.tell(f"SendGrid's lists: {left}, {barred} since the last look.")
    return report


def sync(
    database: Database,
    lists: ProviderLists,
    *,
    now: datetime,
    pause: Pause,
    tell: Tell,
    secrets: tuple[str, ...] = (),
    whole: bool = False,
) -> SyncReport:
    """Takes over what came onto the lists since the last time, or (`whole`) all that is on them.

    `now` (aware) is when it begins; `pause` waits so many seconds; `tell` takes a line now and then
    on a long list; `secrets` are the keys that erased addresses are known by. May be repeated, and
    run by several processes at once. Raises TransportError, SecretKeyError, StoreError; lists that
    were read before that are done.
    """
    with database.read() as connection:
        through = {} if whole else store.read_through(connection)
    job = _Job(database, lists, now, pause, tell, secrets)
    return SyncReport(lists=tuple(job.read(name, through.get(name)) for name in lists.names))


@dataclass(frozen=True, slots=True)
class _Job:
    database: Database
    lists: ProviderLists
    now: datetime
    pause: Pause
    tell: Tell
    secrets: tuple[str, ...]

    def read(self, name: str, through: datetime | None) -> ListReport:
        """One list, to its end."""
        since = _BEGINNING if through is None else min(through, self.now) - OVERLAP
        report, said = ListReport(name=name), 0
        for page in self.lists.read(name, since=since, now=self.now, pause=self.pause):
            report = self._with(report, page)
            if report.read - said >= _SAID_EVERY:
                said = report.read
                self.tell(f"SendGrid's list of {in_words(name)}: {said:,} read")
        with self.database.begin() as connection:
            store.record(connection, name, through=self.now, now=self.now)
        return report

    def _with(self, report: ListReport, page: ListPage) -> ListReport:
        reason = self.lists.names[report.name]
        ignored = page.unusable + (len(page.listed) if reason is None else 0)
        report = replace(
            report,
            read=report.read + len(page.listed) + page.unusable,
            ignored=report.ignored + ignored,
        )
        return report if reason is None else self._taken_over(report, page, reason)

    def _taken_over(
        self, report: ListReport, page: ListPage, reason: SuppressionReason
    ) -> ListReport:
        bars = [
            Bar(each.key, reason, min(each.at or self.now, self.now), each.note)
            for each in page.listed
        ]
        if not bars:
            return report
        with self.database.begin() as connection:
            told = pushed.among(connection, [bar.key for bar in bars])
            # What we put on the list ourselves says nothing new, and nothing of a person's wish.
            echo = told if reason is SuppressionReason.UNSUBSCRIBED else set()
            news = [bar for bar in bars if bar.key not in echo]
            made = take_over(connection, news, now=self.now, source=SOURCE, secrets=self.secrets)
        return replace(
            report,
            suppressed=report.suppressed + len(made.suppressed),
            unsubscribed=report.unsubscribed + len(made.left),
            known=report.known + made.known + len(bars) - len(news),
            ignored=report.ignored + made.rejoined,
            rejoined=report.rejoined + made.rejoined,
        )


def came_from_provider(bar: Suppression) -> bool:
    """Whether a suppression was taken over from a list."""
    return bar.note.lower().startswith(SOURCE)


def in_words(name: str) -> str:
    """A list's name for a person."""
    return name.replace("_", " ")
