"""What a provider reports of many addresses, taken over: who left, and who must not be written to.

What to do is decided on values alone. Of two reasons to suppress an address the graver stays, else
the first. Who joined again after she had left is not put off the list a second time by the old
report, nor who confirmed after mail to her had come back: that it reached her shows that mail can.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from subscribers.model import ConsentKind, Method, SubscriptionStatus, SuppressionReason
from subscribers.store import evidence, people, suppressions
from subscribers.store.evidence import Evidence
from subscribers.store.people import Standing
from subscribers.store.suppressions import Bar

if TYPE_CHECKING:
    from sqlalchemy import Connection

_UNDONE = (
    SuppressionReason.UNSUBSCRIBED,
    SuppressionReason.HARD_BOUNCE,
    SuppressionReason.SOFT_BOUNCES,
)
"""What joining again undoes."""

_GRAIN = timedelta(seconds=1)
"""Providers tell whole seconds: within the same one nobody knows what came first."""


@dataclass(slots=True)
class Decided:
    """What a block of reports comes to; each is counted in one of the four."""

    suppressed: dict[str, Bar] = field(default_factory=dict)
    left: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    """Who leaves the list, by address key: her number, and when she left."""
    known: int = 0
    rejoined: int = 0
    """Reports that somebody left, or that mail to her came back, who has joined again since."""


def decide(
    reports: Sequence[Bar], standings: Mapping[str, Standing], barred: Collection[str]
) -> Decided:
    """What to do with a block of reports, the first of an address first.

    `standings` are the people among them who are on the list or were, `barred` the suppressed and
    erased addresses, both by address key.
    """
    made = Decided()
    for report in reports:
        key = report.key
        standing = standings.get(key)
        if report.reason is SuppressionReason.UNSUBSCRIBED and standing is not None:
            _decide_on_person(made, report, standing)
        elif key in barred or key in made.suppressed:
            made.known += 1
        elif report.reason in _UNDONE and standing is not None and _is_back(report, standing):
            made.rejoined += 1
        else:
            made.suppressed[key] = report
    return made


def _decide_on_person(made: Decided, report: Bar, standing: Standing) -> None:
    """Somebody of the list is said to have left."""
    if standing.status is SubscriptionStatus.UNSUBSCRIBED or report.key in made.left:
        made.known += 1
    elif _is_back(report, standing):
        made.rejoined += 1
    else:
        made.left[report.key] = (standing.id, report.since)


def _is_back(report: Bar, standing: Standing) -> bool:
    """Whether she agreed after what is reported."""
    return standing.agreed_at is not None and standing.agreed_at >= report.since + _GRAIN


def standings_for(conn: Connection, reports: Sequence[Bar]) -> dict[str, Standing]:
    """The people among the reports who may have undone what is reported."""
    keys = {report.key for report in reports if report.reason in _UNDONE}
    return people.standings(conn, sorted(keys)) if keys else {}


def take_over(
    conn: Connection,
    reports: Sequence[Bar],
    *,
    now: datetime,
    source: str,
    secrets: tuple[str, ...] = (),
) -> Decided:
    """Do what a block of up to 1,000 reports comes to, in the caller's transaction.

    `source` is written down as the evidence of who left. May be repeated. Raises SecretKeyError
    when an erased address could be among them unseen, since it would be written down again.
    """
    keys = sorted({report.key for report in reports})
    standing = suppressions.barred(conn, keys, secrets)
    barred = standing.keys() - {
        report.key
        for report in reports
        if report.key in standing
        and suppressions.is_graver(report.reason, standing[report.key].reason)
    }
    made = decide(reports, standings_for(conn, reports), barred)
    write_down(conn, made, now=now, source=source)
    return made


def write_down(conn: Connection, made: Decided, *, now: datetime, source: str) -> None:
    """Do what was decided; a graver report takes the place of what barred an address."""
    suppressions.suppress_harder(conn, list(made.suppressed.values()))
    people.deactivate(conn, made.left.keys(), now)
    withdrawn, by = ConsentKind.WITHDRAWN, Method.PROVIDER
    lines = [Evidence(id_, at, withdrawn, source, method=by) for id_, at in made.left.values()]
    evidence.record_consents(conn, lines, now)
