"""SendGrid is told who must not be mailed: each once, nobody it told us of, and not for ever."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from newsletter.config import load
from newsletter.delivery.provider_lists import Pause
from newsletter.delivery.transports.sendgrid_account import Account
from newsletter.delivery.transports.sendgrid_blocklist import SendGridSuppressions
from newsletter.errors import TransportError
from newsletter.pipeline import pushing, suppressions
from newsletter.pipeline.absorb import absorb
from newsletter.pipeline.pushing import PAGE, Pushed, push, push_before_send
from newsletter.standin.rules import KEY, SCOPES, Rules
from newsletter.standin.server import StandIn, serve
from newsletter.store.engine import Database
from newsletter.wiring import Wiring
from subscribers import membership
from subscribers.canary import place
from subscribers.model import SuppressionReason
from subscribers.store import pushed as pushed_store
from subscribers.store import suppressions as bars
from subscribers.store.suppressions import Bar
from subscribers.store.tables import person, pushed
from tests.acceptance.runner import Desk
from tests.delivery_desk import desk
from tests.reports import handed_over, raw

NOW = datetime(2026, 11, 19, 9, 53, tzinfo=UTC)
SECRETS = ("a secret of the tests that is long enough",)
ANNA, BEN, CID, DORA = (f"{name}@example.org" for name in ("anna", "ben", "cid", "dora"))
ODD = "not an address"
ONE_KIND = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[StandIn]:
    with serve(tmp_path / "records", Rules(), NOW.timestamp) as made:
        yield made


def blocklist(standin: StandIn, key: str = KEY) -> SendGridSuppressions:
    return SendGridSuppressions(Account(key, base_url=standin.url, timeout=20, proxy=None))


def no_pause(_seconds: float) -> None:
    pytest.fail("nobody needs to wait here")


def told(database: Database, standin: StandIn, **more: Any) -> Pushed:
    given: dict[str, Any] = {"now": NOW, "pause": no_pause, **more}
    return push(database, blocklist(standin), **given)


def listed(standin: StandIn) -> set[str]:
    """Who is on SendGrid's list of global unsubscribes."""
    page = standin.service.book.suppressed.entries(
        "unsubscribes", start=0, end=2**53, limit=10_000, offset=0
    )
    return {entry.email for entry in page}


def asked(standin: StandIn) -> int:
    return standin.service.summary()["requests"]


def people(database: Database, *addresses: str) -> None:
    with database.begin() as connection:
        for address in addresses:
            membership.add(connection, address, now=NOW - timedelta(days=99), secrets=SECRETS)


def sync(database: Database, standin: StandIn) -> suppressions.SyncReport:
    return suppressions.sync(
        database, blocklist(standin), now=NOW, pause=no_pause, tell=lambda _: None, secrets=SECRETS
    )


def suppress(database: Database, address: str, reason: SuppressionReason, note: str = "") -> None:
    with database.begin() as connection:
        bars.suppress_all(connection, [Bar(address, reason, NOW, note)])


def test_who_must_not_be_mailed_is_told_once(database: Database, standin: StandIn) -> None:
    people(database, ANNA, BEN, CID, DORA)
    with database.begin() as connection:
        membership.unsubscribe(connection, ANNA, now=NOW)
        membership.suppress(connection, BEN, now=NOW, secrets=SECRETS)
        place(connection, now=NOW)
    suppress(database, CID, SuppressionReason.HARD_BOUNCE, "550 no such user, by SMTP")
    assert told(database, standin) == Pushed(told=3)
    assert listed(standin) == {ANNA, BEN, CID}
    before = asked(standin)
    assert told(database, standin) == Pushed()
    assert asked(standin) == before


def test_what_sendgrid_told_us_is_not_told_back(database: Database, standin: StandIn) -> None:
    """Neither what its lists said nor what its events did."""
    people(database, ANNA, BEN)
    at = NOW.timestamp() - 1000
    standin.service.book.suppressed.add("unsubscribes", [ANNA], at)
    standin.service.book.suppressed.add("bounces", [BEN], at, "550 no")
    sync(database, standin)
    suppress(database, CID, SuppressionReason.COMPLAINT, "sendgrid")
    suppress(database, DORA, SuppressionReason.SOFT_BOUNCES, "sendgrid: 5 or more mails in a row")
    assert told(database, standin) == Pushed()


def test_what_we_told_comes_back_as_nothing_new(database: Database, standin: StandIn) -> None:
    """Who is barred by hand has not unsubscribed because of that."""
    people(database, ANNA)
    with database.begin() as connection:
        membership.suppress(connection, ANNA, now=NOW, secrets=SECRETS)
    told(database, standin)
    report = sync(database, standin)
    assert (report.unsubscribed, report.suppressed) == (0, 0)
    with database.read() as connection:
        assert connection.execute(select(person.c.status)).scalar_one() == "active"
    assert told(database, standin) == Pushed()


def test_who_may_be_mailed_again_is_taken_off(database: Database, standin: StandIn) -> None:
    """Of those whom we put there; SendGrid would drop her mails without a word."""
    people(database, ANNA, BEN)
    standin.service.book.suppressed.add("unsubscribes", [DORA], NOW.timestamp())
    with database.begin() as connection:
        membership.suppress(connection, ANNA, now=NOW, secrets=SECRETS)
        membership.unsubscribe(connection, BEN, now=NOW)
    assert told(database, standin).told == 2
    with database.begin() as connection:
        membership.lift_suppression(connection, ANNA, now=NOW, secrets=SECRETS)
        connection.execute(update(person).where(person.c.address == BEN).values(status="active"))
    assert told(database, standin) == Pushed(taken_back=2)
    assert listed(standin) == {DORA}


def test_one_that_was_taken_off_there_by_hand_is_no_failure(
    database: Database, standin: StandIn
) -> None:
    people(database, ANNA)
    with database.begin() as connection:
        membership.suppress(connection, ANNA, now=NOW, secrets=SECRETS)
    told(database, standin)
    standin.service.book.suppressed.remove("unsubscribes", [ANNA])
    with database.begin() as connection:
        membership.lift_suppression(connection, ANNA, now=NOW, secrets=SECRETS)
    assert told(database, standin) == Pushed(taken_back=1)


def test_an_erased_address_is_in_no_table(database: Database, standin: StandIn) -> None:
    people(database, ANNA)
    with database.begin() as connection:
        membership.unsubscribe(connection, ANNA, now=NOW)
    told(database, standin)
    with database.begin() as connection:
        membership.erase(connection, ANNA, now=NOW, secrets=SECRETS)
    with database.read() as connection:
        assert connection.execute(select(pushed)).all() == []
    assert told(database, standin) == Pushed()
    assert listed(standin) == {ANNA}


@ONE_KIND
def test_many_are_told_in_pages_and_a_run_that_stops_is_gone_on_with(
    database: Database, standin: StandIn
) -> None:
    addresses = [f"reader{n}@example.org" for n in range(PAGE * 2 + 10)]
    with database.begin() as connection:
        bars.suppress_all(
            connection, [Bar(a, SuppressionReason.MANUAL, NOW, "") for a in addresses]
        )

    class Stopped(SendGridSuppressions):
        """Its network is gone after the first page."""

        def add(self, addresses: Sequence[str], *, pause: Pause) -> tuple[str, ...]:
            if listed(standin):
                raise TransportError("The network is gone.", "")
            return super().add(addresses, pause=pause)

    stopped = Stopped(Account(KEY, base_url=standin.url, timeout=20, proxy=None))
    with pytest.raises(TransportError, match="gone"):
        push(database, stopped, now=NOW, pause=no_pause)
    assert len(listed(standin)) == PAGE
    assert told(database, standin) == Pushed(told=PAGE + 10)
    assert listed(standin) == set(addresses)


def test_a_run_that_died_after_sendgrid_was_told_knows_what_it_did(
    database: Database, standin: StandIn
) -> None:
    """SendGrid's list is no news then, and who may be mailed again is taken off it."""

    class Dying(SendGridSuppressions):
        """Whoever uses it is killed before the answer is written down."""

        def add(self, addresses: Sequence[str], *, pause: Pause) -> tuple[str, ...]:
            blocklist(standin).add(addresses, pause=pause)
            raise KeyboardInterrupt

    people(database, ANNA, BEN)
    with database.begin() as connection:
        for address in (ANNA, BEN):
            membership.suppress(connection, address, now=NOW, secrets=SECRETS)
    suppress(database, ODD, SuppressionReason.MANUAL)
    dying = Dying(Account(KEY, base_url=standin.url, timeout=20, proxy=None))
    with pytest.raises(KeyboardInterrupt):
        push(database, dying, now=NOW, pause=no_pause)
    assert listed(standin) == {ANNA, BEN}
    assert sync(database, standin).unsubscribed == 0
    with database.begin() as connection:
        membership.lift_suppression(connection, ANNA, now=NOW, secrets=SECRETS)
        bars.lift(connection, ODD)
    assert told(database, standin) == Pushed(told=1, taken_back=2)
    assert listed(standin) == {BEN}
    assert told(database, standin) == Pushed()


@ONE_KIND
def test_one_address_that_sendgrid_does_not_take_holds_up_no_other(
    database: Database, standin: StandIn
) -> None:
    suppress(database, ODD, SuppressionReason.MANUAL)
    for address in (ANNA, BEN, DORA):
        suppress(database, address, SuppressionReason.MANUAL)
    assert told(database, standin) == Pushed(told=3, refused=1)
    assert listed(standin) == {ANNA, BEN, DORA}


@ONE_KIND
def test_a_key_without_the_right_is_told_which(database: Database, tmp_path: Path) -> None:
    suppress(database, ANNA, SuppressionReason.MANUAL)
    scopes = tuple(scope for scope in SCOPES if not scope.startswith("asm."))
    with serve(tmp_path / "records", Rules(scopes=scopes), NOW.timestamp) as standin:
        with pytest.raises(TransportError, match="may not write") as caught:
            told(database, standin)
        assert "Suppressions" in caught.value.mend
        with pytest.raises(TransportError, match="does not accept the key"):
            push(database, blocklist(standin, "SG.wrong"), now=NOW, pause=no_pause)


@ONE_KIND
def test_a_send_tells_where_the_settings_want_it_and_is_stopped_by_nothing(
    database: Database, standin: StandIn, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """And nothing that is said or logged has an address in it."""
    caplog.set_level(logging.DEBUG)
    suppress(database, ANNA, SuppressionReason.MANUAL)
    said: list[str] = []
    desk = Desk(tmp_path)

    def context(push_: str, url: str) -> Any:
        more = f'[delivery]\ntransport = "sendgrid"\n[delivery.sendgrid]\nbase_url = "{url}"\n'
        desk.settings(["https://a.example/feed"], more=f"{more}[suppressions]\npush = {push_}\n")
        environ = {"SENDGRID_API_KEY": KEY}
        wiring = Wiring(load(tmp_path / "newsletter.toml", environ), environ)
        made = wiring.context(tell=said.append, progress=lambda _: None)
        return replace(made, database=database, pause=lambda _: None)

    push_before_send(context("false", standin.url))
    assert listed(standin) == set()
    push_before_send(context("true", "http://127.0.0.1:9"))
    assert "could not be told" in said[-1]
    push_before_send(context("true", standin.url))
    assert listed(standin) == {ANNA}
    assert said[-1] == "SendGrid was told of 1 address more that must not be mailed."
    with database.begin() as connection:
        membership.lift_suppression(connection, ANNA, now=NOW, secrets=SECRETS)
    push_before_send(context("false", standin.url))  # what we put there does not stay for ever
    assert listed(standin) == set()
    assert not [line for line in (*said, caplog.text) if "@" in line]


@ONE_KIND
def test_who_came_back_is_taken_off_before_an_approved_edition_goes(
    database: Database, tmp_path: Path
) -> None:
    """It was held when the list was last told of, and SendGrid would drop her mail."""
    url = database.engine.url.render_as_string(hide_password=False)
    with desk(tmp_path, people=3, batch_size=3, undo_minutes=0, url=url) as office:
        reader = "reader2@example.org"
        with database.begin() as connection:
            pushed_store.begin(connection, [reader])
        office.provider.service.book.suppressed.add("unsubscribes", [reader], NOW.timestamp())
        office.run(blocklist=lambda: blocklist(office.provider))
        assert office.judge.mailboxes()[reader] == 1


def test_a_mail_that_our_own_word_had_dropped_takes_nobody_off_the_list(
    database: Database,
) -> None:
    """She came back, and SendGrid could not be told in time; what she says herself counts."""
    ids = handed_over(database, 3)
    first, second, third = (f"reader{number}@example.org" for number in (1, 2, 3))
    with database.begin() as connection:
        pushed_store.begin(connection, [first, third])
    posted = [raw(each, "dropped", reason="Unsubscribed Address") for each in ids]
    posted.append(raw(ids[2], "unsubscribe"))
    absorb(database, posted, now=NOW, retention=timedelta(days=90))
    with database.read() as connection:
        rows = connection.execute(select(person.c.address, person.c.status))
        stands = {row.address: row.status for row in rows}
    assert stands == {first: "active", second: "unsubscribed", third: "unsubscribed"}


def test_what_is_said_counts_and_names_nobody() -> None:
    words = pushing.in_words(Pushed(told=1234, refused=1, taken_back=2))
    assert "1,234 addresses more" in words
    assert "2 addresses may be mailed again" in words
    assert "does not take 1 address" in words
