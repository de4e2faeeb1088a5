"""Who left can come back by the form, also where SendGrid knows that it must not mail her."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.config import load
from newsletter.delivery.transports.sendgrid import SendGrid
from newsletter.delivery.transports.sendgrid_account import Account
from newsletter.delivery.transports.sendgrid_blocklist import SendGridSuppressions
from newsletter.pipeline.pushing import push, push_before_send
from newsletter.pipeline.readers import joining
from newsletter.standin.rules import KEY, Rules
from newsletter.standin.server import StandIn, serve
from newsletter.store.engine import Database
from subscribers import membership
from subscribers.confirming import Outcome
from subscribers.links import signed
from subscribers.model import Purpose, SubscriptionStatus, SuppressionReason
from subscribers.reported import take_over
from subscribers.store.suppressions import Bar
from tests.integration.readers.desk import ANNA, NOW, SECRETS, ReadersDesk

BEN, CID = "ben@example.org", "cid@example.org"


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[StandIn]:
    with serve(tmp_path / "records", Rules(), NOW.timestamp) as made:
        yield made


@pytest.fixture
def desk(database: Database, tmp_path: Path, standin: StandIn) -> Iterator[ReadersDesk]:
    """Its letters go by SendGrid; Anna and Ben had been on the list, and left."""
    made = ReadersDesk(tmp_path, database)
    by = SendGrid(
        KEY, base_url=standin.url, timeout=20, proxy=None, now=lambda: made.now, undo=False
    )
    for address in (ANNA, BEN):
        made.join(address)
        with database.begin() as connection:
            membership.unsubscribe(connection, address, now=NOW)
    made.context = replace(
        made.context,
        settings=load(
            made.folder / "newsletter.toml", {"NEWSLETTER_DELIVERY__TRANSPORT": "sendgrid"}
        ),
        open_transport=lambda: by,
        blocklist=lambda: lists_of(standin),
    )
    made.wait(hours=2)
    yield made
    by.close()


def lists_of(standin: StandIn) -> SendGridSuppressions:
    return SendGridSuppressions(Account(KEY, base_url=standin.url, timeout=20, proxy=None))


def told(desk: ReadersDesk, standin: StandIn) -> None:
    """SendGrid is told who left."""
    push(desk.context.database, lists_of(standin), now=desk.now, pause=lambda _: None)


def arrived(standin: StandIn) -> list[str]:
    return [message.email for message in standin.ledger.messages() if message.delivered]


def token(desk: ReadersDesk, address: str = ANNA) -> str:
    """That of the last link that was asked for."""
    return signed(desk.dossier(address).requests[-1].nonce, Purpose.SUBSCRIBE, SECRETS)


def test_what_she_asked_for_reaches_her_though_sendgrid_was_told(
    desk: ReadersDesk, standin: StandIn
) -> None:
    """SendGrid would drop the mail to confirm, and she could never come back."""
    told(desk, standin)
    desk.sign_up(ANNA)
    assert arrived(standin) == [ANNA]
    joining.confirm(desk.context, token(desk))
    assert desk.person().status is SubscriptionStatus.ACTIVE


def test_what_sendgrid_knows_by_itself_is_undone_by_who_comes_back(
    desk: ReadersDesk, standin: StandIn
) -> None:
    """Mail to Ben came back, and Cid had left there; both ask for the mail, and it arrives. Before
    the next edition they are taken off SendGrid's lists.
    """
    lists, at = standin.service.book.suppressed, NOW.timestamp()
    lists.add("bounces", [BEN], at)
    lists.add("unsubscribes", [CID], at)
    with desk.context.database.begin() as connection:
        take_over(
            connection,
            [
                Bar(BEN, SuppressionReason.HARD_BOUNCE, NOW, "SendGrid: bounces"),
                Bar(CID, SuppressionReason.UNSUBSCRIBED, NOW, "SendGrid: unsubscribes"),
            ],
            now=NOW,
            source="sendgrid",
        )
    desk.wait(days=8)
    for address in (BEN, CID):
        desk.sign_up(address)
        assert joining.confirm(desk.context, token(desk, address)).outcome is Outcome.CONFIRMED
    assert arrived(standin) == [BEN, CID]
    assert lists.reason(BEN) != ""
    assert lists.reason(CID) != ""
    push_before_send(desk.context)
    assert (lists.reason(BEN), lists.reason(CID)) == ("", "")
    push_before_send(desk.context)
    assert desk.said == ["2 addresses may be mailed again, and left SendGrid's lists."]


def test_a_bounce_that_is_read_again_does_not_bar_who_confirmed_since(desk: ReadersDesk) -> None:
    """Each look at SendGrid's lists begins a day before the last one ended. One that came after she
    confirmed does, and so does any report of spam.
    """
    bounce = Bar(ANNA, SuppressionReason.HARD_BOUNCE, NOW, "SendGrid: bounces")

    def read(bar: Bar) -> SuppressionReason | None:
        with desk.context.database.begin() as connection:
            take_over(connection, [bar], now=desk.now, source="sendgrid")
        found = desk.dossier().suppression
        return None if found is None else found.reason

    assert read(bounce) is SuppressionReason.HARD_BOUNCE
    desk.wait(days=8)
    desk.sign_up(ANNA)
    joining.confirm(desk.context, token(desk))
    assert read(bounce) is None
    assert read(bounce._replace(since=desk.now)) is SuppressionReason.HARD_BOUNCE
    complaint = SuppressionReason.COMPLAINT
    assert read(bounce._replace(reason=complaint)) is complaint


def test_who_was_erased_after_sendgrid_was_told_can_come_back(
    desk: ReadersDesk, standin: StandIn
) -> None:
    """Nobody knows any more that SendGrid has her on its list."""
    told(desk, standin)
    with desk.context.database.begin() as connection:
        membership.erase(connection, ANNA, now=desk.now, secrets=SECRETS)
    desk.wait(hours=2)
    desk.sign_up(ANNA)
    joining.confirm(desk.context, token(desk))
    assert standin.service.book.suppressed.reason(ANNA) != ""
    push_before_send(desk.context)
    assert standin.service.book.suppressed.reason(ANNA) == ""


def test_who_reported_a_mail_as_spam_there_gets_none(desk: ReadersDesk, standin: StandIn) -> None:
    standin.service.book.suppressed.add("spam_reports", [BEN], NOW.timestamp())
    desk.sign_up(BEN)
    assert arrived(standin) == []


def test_who_joined_for_the_first_time_costs_no_question(
    desk: ReadersDesk, standin: StandIn
) -> None:
    desk.sign_up(CID)
    joining.confirm(desk.context, token(desk, CID))
    before = standin.service.summary()["requests"]
    push_before_send(desk.context)
    assert standin.service.summary()["requests"] == before
