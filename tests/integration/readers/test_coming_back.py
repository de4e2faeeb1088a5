"""Who left can come back by the form, also where SendGrid was told not to mail her."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.delivery.transports.sendgrid import SendGrid
from newsletter.delivery.transports.sendgrid_account import Account
from newsletter.delivery.transports.sendgrid_blocklist import SendGridSuppressions
from newsletter.pipeline.pushing import push
from newsletter.pipeline.readers import joining
from newsletter.standin.rules import KEY, Rules
from newsletter.standin.server import StandIn, serve
from newsletter.store.engine import Database
from subscribers import membership
from subscribers.links import signed
from subscribers.model import Purpose, SubscriptionStatus
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
    made.context = replace(made.context, open_transport=lambda: by)
    made.wait(hours=2)
    yield made
    by.close()


def told(desk: ReadersDesk, standin: StandIn) -> None:
    """SendGrid is told who left."""
    lists = SendGridSuppressions(Account(KEY, base_url=standin.url, timeout=20, proxy=None))
    push(desk.context.database, lists, now=desk.now, pause=lambda _: None)


def arrived(standin: StandIn) -> list[str]:
    return [message.email for message in standin.ledger.messages() if message.delivered]


def token(desk: ReadersDesk) -> str:
    """That of the last link that was asked for."""
    return signed(desk.dossier().requests[-1].nonce, Purpose.SUBSCRIBE, SECRETS)


def test_what_she_asked_for_reaches_her_though_sendgrid_was_told(
    desk: ReadersDesk, standin: StandIn
) -> None:
    """SendGrid would drop the mail to confirm, and she could never come back."""
    told(desk, standin)
    desk.sign_up(ANNA)
    assert arrived(standin) == [ANNA]
    joining.confirm(desk.context, token(desk))
    assert desk.person().status is SubscriptionStatus.ACTIVE


def test_no_other_word_of_sendgrids_is_passed_by(desk: ReadersDesk, standin: StandIn) -> None:
    """Neither that she left there herself, nor that mail to her came back."""
    told(desk, standin)
    lists = standin.service.book.suppressed
    lists.add("bounces", [BEN], NOW.timestamp())
    lists.add("unsubscribes", [CID], NOW.timestamp())
    for address in (BEN, CID):
        desk.sign_up(address)
    assert arrived(standin) == []
