"""What `doctor` says of reports and of leaving, each with its mend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from newsletter.config import load
from newsletter.model.remark import Remark, Verdict
from newsletter.pipeline.examination import hearing
from newsletter.pipeline.examination.run import checks
from newsletter.pipeline.examination.surroundings import Surroundings
from newsletter.store import posted_events, unsubscribe_checks
from newsletter.store.event_tables import posted_events as table
from newsletter.wiring import Wiring
from tests.acceptance.runner import PUBLIC_URL, Desk
from tests.reports import SIGNER

SENDGRID = '[delivery]\ntransport = "sendgrid"\n'


@contextmanager
def looking(
    folder: Path, *, more: str = SENDGRID, key: str = SIGNER.public_key
) -> Iterator[tuple[Wiring, Surroundings]]:
    Desk(folder).settings(["https://a.example/feed"], more=more)
    environ = {"SENDGRID_WEBHOOK_PUBLIC_KEY": key} if key else {}
    wiring = Wiring(load(folder / "newsletter.toml", environ), environ)
    wiring.database()
    yield wiring, wiring.surroundings(nameserver="127.0.0.1:9")
    wiring.close()


def said(remarks: Iterator[Remark]) -> list[tuple[Verdict, str]]:
    found = list(remarks)
    assert all(remark.mend or remark.verdict is Verdict.OK for remark in found)
    return [(remark.verdict, remark.found) for remark in found]


def test_a_known_key_is_fine_and_names_the_address_to_enter(tmp_path: Path) -> None:
    with looking(tmp_path, key=f"{SIGNER.public_key},{SIGNER.public_key}") as (_, around):
        ((verdict, found),) = said(hearing.webhook(around))
    assert verdict is Verdict.OK
    assert "2 keys" in found
    assert f"{PUBLIC_URL}/webhooks/sendgrid" in found


@pytest.mark.parametrize(("key", "verdict"), [("", Verdict.WARNING), ("no key", Verdict.PROBLEM)])
def test_without_a_usable_key_it_says_what_is_missing(
    tmp_path: Path, key: str, verdict: Verdict
) -> None:
    with looking(tmp_path, key=key) as (_, around):
        ((found, words),) = said(hearing.webhook(around))
    assert found is verdict
    assert "SENDGRID_WEBHOOK_PUBLIC_KEY" in words


def test_what_waits_for_long_or_was_set_aside_is_told(tmp_path: Path) -> None:
    with looking(tmp_path) as (wiring, around):
        with wiring.begin() as connection:
            posted_events.keep(connection, b"x", events=7, now=wiring.now())
        assert [verdict for verdict, _ in said(hearing.webhook(around))] == [Verdict.OK]
        later = replace(around, now=lambda: wiring.now() + timedelta(hours=2))
        assert "7 events wait" in said(hearing.webhook(later))[1][1]
        with wiring.begin() as connection:
            connection.execute(update(table).values(tries=posted_events.MOST_TRIES))
        assert "set aside" in said(hearing.webhook(around))[1][1]


def test_whether_readers_could_leave_is_told(tmp_path: Path) -> None:
    with looking(tmp_path) as (wiring, around):
        assert said(hearing.leaving(around))[0][0] is Verdict.WARNING
        now = wiring.now()
        for found, verdict in (("", Verdict.OK), ("It was answered with 404.", Verdict.PROBLEM)):
            with wiring.begin() as connection:
                unsubscribe_checks.record(connection, PUBLIC_URL, now=now, found=found)
            ((is_, words),) = said(hearing.leaving(around))
            assert is_ is verdict
            assert found in words
        with wiring.begin() as connection:
            unsubscribe_checks.record(connection, PUBLIC_URL, now=now - timedelta(days=8))
        ((is_, words),) = said(hearing.leaving(around))
        assert (is_, "8 days ago" in words) == (Verdict.WARNING, True)


def test_only_where_it_matters_is_it_looked_at(tmp_path: Path) -> None:
    names = {"webhook", "unsubscribe"}
    theirs = f'{SENDGRID}unsubscribe = "sendgrid"\n'
    for more, wanted in (("", set()), (SENDGRID, names), (theirs, set())):
        with looking(tmp_path, more=more) as (_, around):
            assert {check.name for check in checks(around)} & names == wanted
