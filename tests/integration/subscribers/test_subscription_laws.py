"""The laws of a subscription, whatever happens in whatever order.

Nobody is on the list without evidence; who left, was erased or complained comes back only by
confirming herself; evidence is only added; and no address is buried in mails.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event

from newsletter.store.engine import Database
from subscribers import feedback, importing, membership
from subscribers.confirming import Outcome
from subscribers.errors import LeftAlone, UnknownSubscriber
from subscribers.feedback import Feedback
from subscribers.model import (
    AGREED,
    Consent,
    ConsentKind,
    Method,
    Purpose,
    SubscriptionStatus,
    SuppressionReason,
)
from subscribers.store import suppressions, tables
from tests.integration.subscribers.reader import SECRETS, Reader

ACTIVE, GONE = SubscriptionStatus.ACTIVE, SubscriptionStatus.UNSUBSCRIBED

Act = Callable[["Life"], None]


class Life:
    """One address and what befalls it. `left` says whether the last word of its owner was to go."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.reader = Reader(database)
        self.folder = folder
        self.confirmed = False
        self.left = False
        self.complained = False
        self.erasures = 0
        self.overtaken = 0
        """So many of the mails came before she last left the list: their links are void."""

    @property
    def status(self) -> SubscriptionStatus | None:
        return self.reader.status

    def evidence(self) -> tuple[Consent, ...]:
        try:
            return self.reader.dossier.consents
        except UnknownSubscriber:
            return ()

    def bar(self) -> SuppressionReason | None:
        with self.reader.database.read() as conn:
            found = suppressions.barred(conn, [self.reader.address], SECRETS)
        bar = found.get(self.reader.address)
        return None if bar is None else bar.reason


def ask(life: Life) -> None:
    life.reader.ask()


def ask_to_be_forgotten(life: Life) -> None:
    life.reader.ask(Purpose.FORGET)


def confirm_by(at: int) -> Act:
    """By the last mail, or by an earlier one."""

    def confirm(life: Life) -> None:
        number = len(life.reader.mails) + at
        if number >= 0:
            life.confirmed = life.reader.confirm(number) is Outcome.CONFIRMED
            assert not (life.confirmed and number < life.overtaken)

    confirm.__name__ = f"confirm_by_mail_{at}"
    return confirm


def leave(life: Life) -> None:
    if life.status is not None:
        life.reader.leave()
        life.left = True


def admin_takes_off(life: Life) -> None:
    with contextlib.suppress(UnknownSubscriber), life.reader.database.begin() as conn:
        membership.unsubscribe(conn, life.reader.address, now=life.reader.now)
        life.left = True


def reported_by(reason: SuppressionReason) -> Act:
    """The provider says what came of a mail."""

    def reported(life: Life) -> None:
        if life.status is None:
            return
        id_ = life.reader.person.id
        told = Feedback(subscriber_id=id_, reason=reason, at=life.reader.now)
        with life.reader.database.begin() as conn:
            feedback.heed(conn, [told], now=life.reader.now, source="provider")
        life.left = life.left or life.status is GONE
        life.complained = life.complained or life.bar() is SuppressionReason.COMPLAINT

    reported.__name__ = f"reported_{reason.value}"
    return reported


def erase(life: Life) -> None:
    with contextlib.suppress(UnknownSubscriber), life.reader.database.begin() as conn:
        membership.erase(conn, life.reader.address, now=life.reader.now, secrets=SECRETS)
        life.left, life.complained = True, False
        life.erasures += 1


def imported_as(status: str) -> Act:
    """A list of the admin's names the person."""

    def imported(life: Life) -> None:
        file = life.folder / "list.csv"
        file.write_text(f"email,status\n{life.reader.address},{status}\n", encoding="utf-8")
        importing.import_file(
            file,
            begin=life.reader.database.begin,
            now=life.reader.now,
            topics=(),
            secrets=SECRETS,
        )
        life.left = life.left or (status == "unsubscribed" and life.status is GONE)

    imported.__name__ = f"imported_as_{status}"
    return imported


def added_by_hand(life: Life) -> None:
    with contextlib.suppress(LeftAlone), life.reader.database.begin() as conn:
        membership.add(conn, life.reader.address, now=life.reader.now, secrets=SECRETS)


def waited(**time: float) -> Act:
    def wait(life: Life) -> None:
        life.reader.wait(**time)

    wait.__name__ = f"waited_{time}"
    return wait


CONFIRMS = tuple(confirm_by(-number) for number in (1, 1, 2, 3))
BOUNCES = tuple(
    reported_by(reason)
    for reason in (
        SuppressionReason.HARD_BOUNCE,
        SuppressionReason.SOFT_BOUNCES,
        SuppressionReason.UNSUBSCRIBED,
        SuppressionReason.MANUAL,
    )
)
IMPORTS = tuple(imported_as(status) for status in ("active", "pending", "unsubscribed"))
COMPLAINT = reported_by(SuppressionReason.COMPLAINT)

acts_ = st.one_of(
    st.sampled_from([ask, ask, ask_to_be_forgotten]),
    st.sampled_from(CONFIRMS),
    st.sampled_from([leave, leave, admin_takes_off, erase, COMPLAINT]),
    st.sampled_from([waited(minutes=10), waited(hours=2), waited(days=4)]),
    st.sampled_from([*BOUNCES, *IMPORTS, added_by_hand]),
)
beginnings = st.sampled_from(
    [[], [ask], [ask, CONFIRMS[0]], [IMPORTS[0]], [ask, CONFIRMS[0], leave, waited(hours=2), ask]]
)


@pytest.fixture
def quick_database(database: Database) -> Database:
    """One whose commits do not wait for the disk: what a power cut does is not tried here."""

    def prepare(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA synchronous=OFF" if database.is_sqlite else _NO_WAITING)

    database.engine.dispose()
    event.listen(database.engine, "connect", prepare)
    return database


_NO_WAITING = "SET SESSION synchronous_commit TO OFF"


LIVES = {"beginning": beginnings, "acts": st.lists(acts_, min_size=3, max_size=12)}


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(**LIVES)
def test_whatever_happens_nobody_is_on_the_list_against_her_will(
    quick_database: Database, tmp_path: Path, beginning: list[Act], acts: list[Act]
) -> None:
    live(quick_database, tmp_path, [*beginning, *acts])


@pytest.mark.slow
@settings(max_examples=250, suppress_health_check=list(HealthCheck))
@given(**LIVES)
def test_the_same_with_many_more_lives(
    quick_database: Database, tmp_path: Path, beginning: list[Act], acts: list[Act]
) -> None:
    live(quick_database, tmp_path, [*beginning, *acts])


def live(database: Database, folder: Path, acts: list[Act]) -> None:
    """One life, and after each act the laws."""
    with database.begin() as conn:
        for table in reversed(tables.metadata.sorted_tables):
            conn.execute(delete(table))
    life = Life(database, folder)
    for act in acts:
        status, evidence, bar = life.status, life.evidence(), life.bar()
        mails, left = len(life.reader.mails), life.left
        life.confirmed = False
        act(life)
        _nobody_without_evidence(life)
        _nobody_comes_back_but_by_confirming(life, status, left=left, barred=bar is not None)
        _evidence_is_only_added(life, act, evidence)
        _who_complained_is_left_in_peace(life, bar, mails)
        if life.confirmed:
            life.left = False
        if life.status in (GONE, None) and life.status is not status:
            life.overtaken = mails
    _nobody_is_buried_in_mails(life)


def _nobody_without_evidence(life: Life) -> None:
    """The last word of the evidence is that she agreed, and it says by which way."""
    if life.status is not ACTIVE:
        return
    turns = [e for e in life.evidence() if e.kind in (*AGREED, ConsentKind.WITHDRAWN)]
    assert turns
    assert turns[-1].kind in AGREED
    assert turns[-1].source or turns[-1].method is Method.MAILED_LINK


def _nobody_comes_back_but_by_confirming(
    life: Life, before: SubscriptionStatus | None, *, left: bool, barred: bool
) -> None:
    if life.status is ACTIVE and before is not ACTIVE:
        assert life.confirmed or not (left or barred or before is GONE)
    if before is GONE and not life.confirmed:
        assert life.status in (GONE, None)


def _evidence_is_only_added(life: Life, act: Act, before: tuple[Consent, ...]) -> None:
    after = life.evidence()
    assert after[: len(before)] == before or (act is erase and after == ())


def _who_complained_is_left_in_peace(life: Life, bar: SuppressionReason | None, mails: int) -> None:
    if bar is SuppressionReason.COMPLAINT:
        assert not life.confirmed
        assert len(life.reader.mails) == mails
    if life.complained:
        assert life.bar() is SuppressionReason.COMPLAINT


def _nobody_is_buried_in_mails(life: Life) -> None:
    """One of a kind an hour, four a day; who was erased is not known any more, and may ask anew."""
    sent = life.reader.sent_at
    for purpose, at in sent:
        within = [(kind, later - at) for kind, later in sent if timedelta(0) <= later - at]
        hour = [kind for kind, passed in within if kind is purpose and passed < timedelta(hours=1)]
        day = [kind for kind, passed in within if passed < timedelta(days=1)]
        assert len(hour) <= 1 + life.erasures
        assert len(day) <= 4 * (1 + life.erasures)
