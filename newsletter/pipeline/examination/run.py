"""Runs all checks one by one; one that fails, or takes too long, never hides the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from newsletter.config.checks import masked
from newsletter.model.remark import Remark, problem, warning
from newsletter.pipeline.context import pages_of
from newsletter.pipeline.examination import (
    blog,
    calendar,
    configuration,
    hearing,
    mails,
    sending,
    storage,
)
from newsletter.pipeline.examination.edits import edits
from newsletter.pipeline.examination.surroundings import Surroundings

MOST_SECONDS = 75.0
"""How long one check may take; a feed alone may take 60."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check: the name its remarks bear, what is being looked at, and how."""

    name: str
    about: str
    look: Callable[[Surroundings], Iterable[Remark]]


def checks(around: Surroundings) -> list[Check]:
    """What there is to check with these settings, in the order in which it is best mended."""
    found = [
        Check("settings", "the settings", configuration.settings),
        Check("secrets", "the secrets", configuration.secrets),
        Check("database", "the database", storage.database),
        Check("disk", "the room on the disk", storage.disk),
        Check("lock", "whether a run is at work", storage.lock),
    ]
    if not around.real:
        found.append(Check("outbox", "the outbox", storage.outbox))
    found += [
        Check("feed", f"the feed {masked(feed.url)}", partial(blog.feed, url=feed.url))
        for feed in around.settings.feeds
    ]
    found += [
        Check("edits", f"what {masked(feed.url)} tells of edits", partial(edits, url=feed.url))
        for feed in around.settings.feeds
    ]
    found += [
        Check("templates", "the templates", mails.templates),
        Check("schedule", "the schedule", calendar.schedule),
        Check("domain", "the sender's domain", sending.domain),
    ]
    if around.transport == "sendgrid":
        found.append(Check("sendgrid", "the account at SendGrid", sending.account))
        if pages_of(around.settings):
            found.append(Check("webhook", "what SendGrid reports", hearing.webhook))
    if around.real and pages_of(around.settings):
        found.append(Check("unsubscribe", "whether readers can leave", hearing.leaving))
    if around.transport == "smtp":
        found.append(Check("smtp", "the mail server", sending.mail_server))
    return found


def examine(
    around: Surroundings, *, tell: Callable[[str], None], seconds: float = MOST_SECONDS
) -> tuple[Remark, ...]:
    """The remarks of all checks; `tell` hears what is being looked at, `seconds` limit each one."""
    return tuple(_all(around, checks(around), tell=tell, seconds=seconds))


def _all(
    around: Surroundings,
    wanted: Iterable[Check],
    *,
    tell: Callable[[str], None],
    seconds: float,
) -> Iterator[Remark]:
    for check in wanted:
        tell(f"Looking at {check.about} …")
        yield from carry_out(around, check, seconds=seconds)


def carry_out(around: Surroundings, check: Check, *, seconds: float) -> list[Remark]:
    """One check in a thread of its own, since only so it can be given up; what it said until then
    is kept.
    """
    said: list[Remark] = []
    thread = threading.Thread(target=_look, args=(around, check, said), daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        late = f"This took longer than {seconds:.0f} seconds and was given up."
        return [*said, warning(check.name, late, "Try again later.")]
    return said


def _look(around: Surroundings, check: Check, said: list[Remark]) -> None:
    try:
        for remark in check.look(around):
            said.append(remark)  # noqa: PERF402 - one by one: what was said before a failure is kept
    except Exception as error:  # noqa: BLE001 - whatever it is, the other checks go on
        message = getattr(error, "message", f"The check itself failed ({type(error).__name__}).")
        mend = getattr(error, "mend", "") or "Report it, with the answer of `newsletter --version`."
        said.append(problem(check.name, message, mend))
