"""Taking SendGrid's lists over from its stand-in, on both kinds of database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newsletter.config import load
from newsletter.delivery.transports.outbox import Outbox
from newsletter.delivery.transports.sendgrid_account import Account
from newsletter.delivery.transports.sendgrid_lists import PAGE, TRIES, SendGridLists
from newsletter.errors import HeldError, SettingsError, TransportError
from newsletter.pipeline import suppressions as use_case
from newsletter.pipeline.context import Context
from newsletter.pipeline.suppressions import OVERLAP, ListReport, SyncReport
from newsletter.standin.rules import KEY, Rules
from newsletter.standin.server import StandIn, serve
from newsletter.store import provider_lists
from newsletter.store.engine import Database
from newsletter.wiring import Wiring
from subscribers import membership
from subscribers.errors import SecretKeyError
from subscribers.importing import import_file
from subscribers.model import ConsentKind, SubscriptionStatus, SuppressionReason
from subscribers.store import suppressions
from tests.standin import Client

NOW = datetime(2026, 11, 19, 9, 53, tzinfo=UTC)
SECRETS = ("a secret of the tests",)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
ANNA, BEN, STRANGER = "anna@example.org", "ben@example.org", "stranger@example.org"
ONE_KIND = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@contextmanager
def running(folder: Path, rules: Rules | None = None) -> Iterator[StandIn]:
    """A stand-in whose clock stands still at NOW until it is moved."""
    with serve(folder / "records", rules or Rules(), NOW.timestamp) as made:
        yield made


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[StandIn]:
    with running(tmp_path) as made:
        yield made


def lists(standin: StandIn, key: str = KEY, timeout: float = 20) -> SendGridLists:
    return SendGridLists(Account(key, base_url=standin.url, timeout=timeout, proxy=None))


def no_pause(_seconds: float) -> None:
    pytest.fail("nobody needs to wait here")


def sync(database: Database, standin: StandIn, **more: Any) -> SyncReport:
    options: dict[str, Any] = {
        "now": NOW, "pause": no_pause, "tell": lambda _: None, "secrets": SECRETS,
    }  # fmt: skip
    return use_case.sync(database, lists(standin), **(options | more))


def enter(standin: StandIn, name: str, *emails: str, at: datetime = NOW - DAY) -> None:
    standin.service.book.suppressed.add(name, emails, at.timestamp(), "550 5.1.1 no such user")


def add(database: Database, *addresses: str, at: datetime = NOW - 100 * DAY) -> None:
    with database.begin() as conn:
        for address in addresses:
            membership.add(conn, address, now=at, secrets=SECRETS)


def status(database: Database, address: str) -> SubscriptionStatus | None:
    with database.read() as conn:
        return membership.status_of(conn, address)


def reason(database: Database, address: str) -> SuppressionReason | None:
    with database.read() as conn:
        found = membership.suppression_of(conn, address, secrets=SECRETS)
    return None if found is None else found.reason


def of(report: SyncReport, name: str) -> ListReport:
    return next(each for each in report.lists if each.name == name)


def asked(standin: StandIn) -> int:
    return len(standin.ledger.requests())


# ---- what each list means --------------------------------------------------------------------


def test_each_list_has_its_meaning_for_people_and_for_strangers(
    database: Database, standin: StandIn
) -> None:
    names = ("bounces", "blocks", "spam_reports", "invalid_emails", "unsubscribes")
    add(database, *(f"{name}@example.org" for name in names))
    for name in names:
        enter(standin, name, f"{name.upper()}@Example.org", f"stranger.{name}@example.org")
    report = sync(database, standin)
    suppressed = ListReport(name="", read=2, suppressed=2)
    assert report.lists == (
        replace(suppressed, name="bounces"),
        ListReport(name="blocks", read=2, ignored=2),
        replace(suppressed, name="spam_reports"),
        replace(suppressed, name="invalid_emails"),
        ListReport(name="unsubscribes", read=2, suppressed=1, unsubscribed=1),
    )
    bounced, complained = SuppressionReason.HARD_BOUNCE, SuppressionReason.COMPLAINT
    reasons = dict(zip(names, (bounced, None, complained, bounced, None), strict=True))
    for name, meant in reasons.items():
        assert reason(database, f"{name}@example.org") is meant
    assert reason(database, "stranger.unsubscribes@example.org") is SuppressionReason.UNSUBSCRIBED
    active = [n for n in names if status(database, f"{n}@example.org") is SubscriptionStatus.ACTIVE]
    assert set(names) - set(active) == {"unsubscribes"}


def test_leaving_is_written_down_with_its_time_and_source(
    database: Database, standin: StandIn
) -> None:
    add(database, ANNA)
    enter(standin, "unsubscribes", ANNA, at=NOW - 3 * DAY)
    sync(database, standin)
    with database.read() as conn:
        dossier = membership.show(conn, ANNA)
    given, withdrawn = dossier.consents
    assert (given.kind, withdrawn.kind) == (ConsentKind.GIVEN, ConsentKind.WITHDRAWN)
    assert (withdrawn.source, withdrawn.happened_at) == ("sendgrid", NOW - 3 * DAY)
    assert withdrawn.recorded_at == NOW
    assert dossier.suppression is None


def test_a_second_run_knows_everything_and_changes_nothing(
    database: Database, standin: StandIn
) -> None:
    add(database, ANNA, BEN)
    enter(standin, "unsubscribes", ANNA, STRANGER, at=NOW - DAY / 2)
    enter(standin, "bounces", BEN, at=NOW - DAY / 2)
    first = sync(database, standin)
    again = sync(database, standin)
    assert (first.unsubscribed, first.suppressed) == (1, 2)
    assert (again.unsubscribed, again.suppressed) == (0, 0)
    assert of(again, "unsubscribes") == ListReport(name="unsubscribes", read=2, known=2)
    with database.read() as conn:
        assert len(membership.show(conn, ANNA).consents) == 2


def test_a_suppression_keeps_its_gravest_reason_and_says_why(
    database: Database, standin: StandIn
) -> None:
    with database.begin() as conn:
        membership.suppress(conn, ANNA, now=NOW - DAY, note="by phone", secrets=SECRETS)
    enter(standin, "bounces", ANNA, BEN, at=NOW - 2 * DAY)
    enter(standin, "invalid_emails", BEN)
    sync(database, standin)
    with database.read() as conn:
        found = suppressions.by_address(conn, [ANNA, BEN])
    assert (found[ANNA].reason, found[ANNA].note) == (SuppressionReason.MANUAL, "by phone")
    assert found[BEN].reason is SuppressionReason.HARD_BOUNCE
    assert found[BEN].since == NOW - 2 * DAY
    assert found[BEN].note == "SendGrid: bounces: 550 5.1.1 no such user"


@pytest.mark.parametrize("other", ["bounces", "unsubscribes"])
def test_a_complaint_counts_more_than_what_the_person_could_undo_herself(
    database: Database, standin: StandIn, other: str
) -> None:
    """Whichever of SendGrid's lists is read first, and whichever it came onto first."""
    enter(standin, other, ANNA, at=NOW - DAY / 2)
    enter(standin, "spam_reports", BEN, at=NOW - DAY / 2)
    sync(database, standin)
    enter(standin, "spam_reports", ANNA)
    enter(standin, other, BEN)
    assert of(sync(database, standin), "spam_reports").suppressed == 1
    assert {reason(database, each) for each in (ANNA, BEN)} == {SuppressionReason.COMPLAINT}
    assert of(sync(database, standin), "spam_reports").suppressed == 0


def test_who_joined_again_after_leaving_stays(database: Database, standin: StandIn) -> None:
    """Her address stays on SendGrid's list; the overlap must not put her off ours again."""
    enter(standin, "unsubscribes", ANNA, BEN, at=NOW - DAY / 2)
    add(database, ANNA, at=NOW - DAY / 4)
    add(database, BEN, at=NOW - DAY)
    for _ in range(2):
        report = of(sync(database, standin), "unsubscribes")
        assert (report.rejoined, report.ignored) == (1, 1)
        assert status(database, ANNA) is SubscriptionStatus.ACTIVE
        assert status(database, BEN) is SubscriptionStatus.UNSUBSCRIBED


def test_a_list_that_was_imported_afterwards_brings_nobody_back(
    database: Database, standin: StandIn, tmp_path: Path
) -> None:
    """The time of an import is no consent; one that the file states is."""
    rows = f"email,consented_at\n{ANNA},\n{BEN},{(NOW - DAY / 4).isoformat()}\n"
    (tmp_path / "people.csv").write_text(rows, encoding="utf-8")
    import_file(tmp_path / "people.csv", begin=database.begin, now=NOW - DAY / 8, topics=())
    enter(standin, "unsubscribes", ANNA, BEN, STRANGER, at=NOW - DAY / 2)
    sync(database, standin)
    assert status(database, ANNA) is SubscriptionStatus.UNSUBSCRIBED
    assert status(database, BEN) is SubscriptionStatus.ACTIVE
    (tmp_path / "people.csv").write_text(f"email\n{ANNA}\n{STRANGER}\n", encoding="utf-8")
    again = import_file(tmp_path / "people.csv", begin=database.begin, now=NOW, topics=())
    assert again.left_alone == 2
    assert status(database, STRANGER) is None


def test_an_erased_address_is_not_written_down_again(database: Database, standin: StandIn) -> None:
    add(database, ANNA)
    with database.begin() as conn:
        membership.erase(conn, ANNA, now=NOW, secrets=SECRETS)
    enter(standin, "unsubscribes", ANNA)
    enter(standin, "bounces", ANNA)
    report = sync(database, standin)
    assert (of(report, "bounces").known, of(report, "unsubscribes").known) == (1, 1)
    with database.read() as conn:
        assert suppressions.by_address(conn, [ANNA]) == {}
    with pytest.raises(SecretKeyError):
        sync(database, standin, secrets=())


# ---- which part of a list is read ------------------------------------------------------------


def test_a_run_begins_a_day_before_the_end_of_the_last(
    database: Database, standin: StandIn
) -> None:
    sync(database, standin)
    enter(standin, "bounces", "late@example.org", at=NOW - OVERLAP)
    enter(standin, "bounces", "older@example.org", at=NOW - OVERLAP - SECOND)
    assert of(sync(database, standin), "bounces").read == 1
    assert reason(database, "late@example.org") is SuppressionReason.HARD_BOUNCE
    assert reason(database, "older@example.org") is None
    assert of(sync(database, standin, whole=True), "bounces").read == 2


def test_a_look_without_news_is_five_small_requests(database: Database, standin: StandIn) -> None:
    sync(database, standin)
    before = asked(standin)
    sync(database, standin)
    assert asked(standin) - before == 5


def test_what_lies_in_the_future_counts_from_now(database: Database, standin: StandIn) -> None:
    """SendGrid's clock may be ahead of ours."""
    add(database, ANNA)
    enter(standin, "unsubscribes", ANNA, at=NOW + timedelta(seconds=90))
    sync(database, standin)
    assert status(database, ANNA) is SubscriptionStatus.UNSUBSCRIBED
    with database.read() as conn:
        assert membership.show(conn, ANNA).consents[-1].happened_at == NOW
        assert set(provider_lists.read_through(conn).values()) == {NOW}


def test_a_clock_that_was_ahead_hides_nothing(database: Database, standin: StandIn) -> None:
    sync(database, standin, now=NOW + 30 * DAY)
    enter(standin, "bounces", ANNA, at=NOW - DAY / 2)
    assert of(sync(database, standin), "bounces").suppressed == 1


# ---- long lists ------------------------------------------------------------------------------


def fill(standin: StandIn, name: str, number: int, at: Callable[[int], datetime]) -> list[str]:
    emails = [f"r{n}@example.org" for n in range(number)]
    for n, email in enumerate(emails):
        enter(standin, name, email, at=at(n))
    return emails


def missing(database: Database, emails: Sequence[str]) -> set[str]:
    with database.read() as conn:
        return set(emails) - suppressions.by_address(conn, emails).keys()


def test_a_long_list_is_read_whole_with_many_rows_of_one_second(
    database: Database, standin: StandIn
) -> None:
    emails = fill(standin, "bounces", 3800, lambda n: NOW - timedelta(hours=n))
    same = [f"same{n}@example.org" for n in range(1200)]
    enter(standin, "bounces", *same, at=NOW - 40 * DAY)
    said: list[str] = []
    report = of(sync(database, standin, tell=said.append), "bounces")
    assert report == ListReport(name="bounces", read=5000, suppressed=5000)
    assert missing(database, [*emails, *same]) == set()
    assert said == ["SendGrid's list of bounces: 5,000 read"]
    assert asked(standin) < 3 * 5000 / PAGE + 4


def test_what_changes_between_the_pages_hides_no_row(database: Database, standin: StandIn) -> None:
    """Each page meets a list that has lost its newest rows and got others."""
    emails = fill(standin, "bounces", 2400, lambda n: NOW - timedelta(minutes=n))
    gone: set[str] = set()
    with Client(standin.url) as client:

        class Changing(SendGridLists):
            """Reads as ever; meanwhile somebody is at work on the list."""

            def read(self, name: str, **more: Any) -> Iterator[Any]:
                for number, page in enumerate(super().read(name, **more)):
                    leaving = emails[number * 100 : number * 100 + 60]
                    for email in leaving if name == "bounces" else []:
                        client.call("DELETE", f"/v3/suppression/{name}/{email}")
                        gone.add(email)
                    new = [f"new{number}@example.org"]
                    client.control("POST", "suppressions", list=name, emails=new)
                    yield page

        changing = Changing(Account(KEY, base_url=standin.url, timeout=20, proxy=None))
        use_case.sync(
            database, changing, now=NOW, pause=no_pause, tell=lambda _: None, secrets=SECRETS
        )
    assert len(gone) >= 240
    assert missing(database, [e for e in emails if e not in gone]) == set()
    sync(database, standin)
    new = standin.service.book.suppressed.entries(
        "bounces", start=int(NOW.timestamp()), end=2**53, limit=100, offset=0
    )
    assert missing(database, [entry.email for entry in new]) == set()


# ---- what goes wrong -------------------------------------------------------------------------


@ONE_KIND
@pytest.mark.parametrize(
    "fault", ["500", "502", "503", "504", "reset", "close", "close-after", "cut", "hang"]
)
def test_a_passing_fault_is_outlasted(database: Database, tmp_path: Path, fault: str) -> None:
    pauses: list[float] = []
    with running(tmp_path, Rules(hold=0.2)) as standin, Client(standin.url) as client:
        enter(standin, "bounces", ANNA)
        client.control("POST", "faults", name=f"read-{fault}", times=TRIES - 1)
        report = sync(database, standin, pause=pauses.append)
    assert report.suppressed == 1
    assert pauses == [1, 2, 4, 8]


@ONE_KIND
@pytest.mark.parametrize("fault", ["500", "close", "429"])
def test_a_lasting_fault_ends_the_run_and_the_next_one_goes_on(
    database: Database, standin: StandIn, fault: str
) -> None:
    enter(standin, "bounces", ANNA)
    enter(standin, "invalid_emails", BEN)
    with Client(standin.url) as client:
        client.control("POST", "faults", name=f"read-{fault}", skip=3, times=TRIES)
        with pytest.raises(TransportError) as failed:
            sync(database, standin, pause=lambda _: None)
    assert failed.value.mend
    assert KEY not in str(failed.value)
    assert reason(database, ANNA) is SuppressionReason.HARD_BOUNCE
    with database.read() as conn:
        assert set(provider_lists.read_through(conn)) == {"bounces", "blocks", "spam_reports"}
    assert of(sync(database, standin), "invalid_emails").suppressed == 1


def test_a_run_that_ends_within_a_list_keeps_its_pages_and_reads_it_again(
    database: Database, standin: StandIn
) -> None:
    emails = fill(standin, "bounces", 1500, lambda n: NOW - timedelta(minutes=n))
    with Client(standin.url) as client:
        client.control("POST", "faults", name="read-500", skip=4, times=TRIES)
        with pytest.raises(TransportError):
            sync(database, standin, pause=lambda _: None)
    assert 0 < len(missing(database, emails)) < len(emails)
    with database.read() as conn:
        assert provider_lists.read_through(conn) == {}
    report = of(sync(database, standin), "bounces")
    assert report.known + report.suppressed == report.read == 1500
    assert report.known
    assert missing(database, emails) == set()


@ONE_KIND
def test_too_many_requests_are_waited_for_as_told(database: Database, tmp_path: Path) -> None:
    pauses: list[float] = []
    with (
        running(tmp_path, Rules(rate_limit=2, rate_window=90)) as standin,
        Client(standin.url) as client,
    ):

        def pause(seconds: float) -> None:
            pauses.append(seconds)
            client.control("POST", "clock", advance=seconds)

        assert len(sync(database, standin, pause=pause).lists) == 5
    assert len(pauses) == 2
    assert all(0 < seconds <= 90 for seconds in pauses)


@ONE_KIND
@pytest.mark.parametrize(
    ("key", "scopes", "said"),
    [
        (KEY, ("mail.send",), "may not read who bounced"),
        ("SG.other", ("suppression.read",), "does not accept the key"),
    ],
)
def test_a_key_without_the_right_is_told_which(
    database: Database, tmp_path: Path, key: str, scopes: tuple[str, ...], said: str
) -> None:
    with running(tmp_path, Rules(scopes=scopes)) as standin:
        with pytest.raises(TransportError, match=said) as refused:
            use_case.sync(
                database, lists(standin, key), now=NOW, pause=no_pause, tell=lambda _: None
            )
        assert "suppression.read" in refused.value.mend
        assert asked(standin) == 1


# ---- before a send ---------------------------------------------------------------------------

SETTINGS = """
[newsletter]
title = "Letters"
sender = "Letters <news@example.org>"
postal_address = "1 High Street, Leeds"
website = "https://blog.example.org"
public_url = "https://news.example.org"
language = "en-GB"
timezone = "Europe/London"
[[feeds]]
url = "https://blog.example.org/feed/atom/"
[delivery]
transport = "{transport}"
unsubscribe = "{unsubscribe}"
[delivery.sendgrid]
base_url = "{url}"
"""


@contextmanager
def context(
    folder: Path, database: Database, standin: StandIn, *, transport: str = "sendgrid",
    unsubscribe: str = "sendgrid", key: str = KEY,
) -> Iterator[tuple[Context, list[str]]]:  # fmt: skip
    """The context of a send with these settings, and what it tells."""
    text = SETTINGS.format(transport=transport, unsubscribe=unsubscribe, url=standin.url)
    (folder / "newsletter.toml").write_text(text, encoding="utf-8")
    environ = {"SENDGRID_API_KEY": key}
    wiring = Wiring(load(folder / "newsletter.toml", environ), environ)
    told: list[str] = []
    yield (
        Context(
            settings=wiring.settings,
            database=database,
            open_transport=lambda: Outbox(folder / "outbox", lambda *_: None),
            now=lambda: NOW,
            pause=lambda _: None,
            fetch=lambda url, _validators: pytest.fail(f"{url} was fetched"),
            tell=told.append,
            progress=lambda _: None,
            lists=wiring.lists,
            secrets=SECRETS,
        ),
        told,
    )
    wiring.close()


def test_before_a_send_who_left_at_sendgrid_leaves(
    database: Database, standin: StandIn, tmp_path: Path
) -> None:
    add(database, ANNA)
    enter(standin, "unsubscribes", ANNA)
    enter(standin, "bounces", BEN)
    with context(tmp_path, database, standin) as (given, told):
        assert use_case.sync_before_send(given) is not None
        assert told == ["SendGrid's lists: 1 unsubscribed, 1 suppressed since the last look."]
        use_case.sync_before_send(given)
        assert len(told) == 1
    assert status(database, ANNA) is SubscriptionStatus.UNSUBSCRIBED


@ONE_KIND
def test_nothing_goes_out_while_nobody_can_say_who_left(
    database: Database, standin: StandIn, tmp_path: Path
) -> None:
    with Client(standin.url) as client, context(tmp_path, database, standin) as (given, _):
        client.control("POST", "faults", name="read-503", times=TRIES)
        with pytest.raises(HeldError) as held:
            use_case.sync_before_send(given)
    assert "the error 503" in held.value.message
    assert "newsletter send" in held.value.mend


@ONE_KIND
@pytest.mark.parametrize(
    ("transport", "unsubscribe"), [("sendgrid", "own"), ("outbox", "sendgrid"), ("smtp", "own")]
)
def test_where_sendgrid_does_not_keep_who_left_nothing_is_asked(
    database: Database, standin: StandIn, tmp_path: Path, transport: str, unsubscribe: str
) -> None:
    options = {"transport": transport, "unsubscribe": unsubscribe, "key": ""}
    with context(tmp_path, database, standin, **options) as (given, _):
        assert use_case.sync_before_send(given) is None
    assert asked(standin) == 0


@ONE_KIND
def test_without_a_key_the_settings_are_wrong(
    database: Database, standin: StandIn, tmp_path: Path
) -> None:
    with (
        context(tmp_path, database, standin, key="") as (given, _),
        pytest.raises(SettingsError, match="SENDGRID_API_KEY is not set"),
    ):
        use_case.sync_before_send(given)
