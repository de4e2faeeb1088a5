"""The calendar: when the next edition is due, and when the last one was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from newsletter.editions.period import next_period
from newsletter.model.edition import Edition
from newsletter.model.remark import Remark, fine
from newsletter.pipeline.context import schedule_of
from newsletter.pipeline.examination.storage import opened
from newsletter.pipeline.examination.surroundings import Surroundings
from newsletter.store import editions


def schedule(around: Surroundings) -> Iterator[Remark]:
    """Both in the newsletter's time zone. Whether a timer is set up cannot be seen from here."""
    period = next_period(schedule_of(around.settings), around.now())
    found = f"The next edition, {period.key}, is due on {_local(around, period.scheduled_at)}."
    yield fine("schedule", found)
    last = _last(around)
    if last is None:
        yield fine("schedule", f"There was no edition yet ({around.channel}).")
    elif last.finished_at is None:
        yield fine("schedule", f"The last edition is {last.key} ({last.state}).")
    else:
        when = _local(around, last.finished_at)
        yield fine("schedule", f"The last edition, {last.key} ({last.state}), ended on {when}.")


def _last(around: Surroundings) -> Edition | None:
    with opened(around) as database:
        if database is None:
            return None
        with database.read() as connection:
            found = editions.listed(connection, channel=around.channel, limit=1)
    return found[0] if found else None


def _local(around: Surroundings, moment: datetime) -> str:
    zone = around.settings.newsletter.zone
    return f"{moment.astimezone(zone):%A %d %B %Y, %H:%M} ({zone.key})"
