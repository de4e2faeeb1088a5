"""SendGrid as a way out, against its stand-in, whose ledger is the judge."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from newsletter.delivery.answers import (
    Answer,
    Limited,
    NotTaken,
    Refused,
    Stopped,
    Taken,
    Unknown,
)
from newsletter.delivery.message import Notice
from newsletter.delivery.transports.contract import Slot, Transport
from newsletter.delivery.transports.sendgrid import SendGrid
from newsletter.delivery.transports.sendgrid_account import SEND, UNDO
from newsletter.errors import TransportError
from newsletter.model.edition import Channel
from newsletter.standin.faults import KINDS
from newsletter.standin.rules import KEY, SCOPES, Rules
from newsletter.standin.schedule import MOST_MARKS
from newsletter.standin.server import StandIn, serve
from tests.sendgrid import ENVELOPE, NOW, START, mail, reader, transport
from tests.standin import Client
from tests.webserver import Page, WebServer

PEOPLE = [reader(number) for number in range(3)]
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[StandIn]:
    rules = Rules(keep_bodies=True, hold=30)
    with serve(tmp_path / "records", rules, lambda: START) as running:
        yield running


@pytest.fixture
def sending(standin: StandIn) -> Iterator[SendGrid]:
    made = transport(standin.url)
    yield made
    made.close()


def submit(sending: Transport, **changes: Any) -> Answer:
    return sending.submit(mail(), PEOPLE, date=NOW, **changes)


def accepted(standin: StandIn) -> dict[tuple[str, str], int]:
    return dict(standin.ledger.accepted())


def whole(attempt: str = "1") -> dict[tuple[str, str], int]:
    return {(person.delivery_id, attempt): 1 for person in PEOPLE}


def test_what_kind_of_way_out_it_is(sending: SendGrid) -> None:
    assert (sending.name, sending.channel) == ("sendgrid", Channel.REAL)
    assert not sending.repeatable
    assert not sending.one_by_one
    assert sending.already_taken("2026-W47", ["x"]) == frozenset()
    sending.finish("2026-W47", mail().rendered, 3)


def test_a_batch_is_taken_whole_and_at_once(standin: StandIn, sending: SendGrid) -> None:
    found = submit(sending, attempt=4)
    assert isinstance(found, Taken)
    assert not found.rejected
    assert accepted(standin) == whole("4")
    assert {message.message_id for message in standin.ledger.messages()} == {found.message_id}
    assert sum(standin.ledger.delivered().values()) == len(PEOPLE)


def test_with_a_window_it_leaves_later(standin: StandIn, sending: SendGrid) -> None:
    assert sending.undo is not None
    slot = Slot(provider_id=sending.undo.new_id(), send_at=LATER)
    assert isinstance(submit(sending, slot=slot), Taken)
    assert not standin.ledger.delivered()
    assert {(m.batch_id, m.send_at) for m in standin.ledger.messages()} == {
        (slot.provider_id, LATER.timestamp())
    }


def test_nobody_to_mail_is_no_request(standin: StandIn, sending: SendGrid) -> None:
    assert sending.submit(mail(), [], date=NOW) == Taken()
    assert standin.ledger.requests() == []


def test_a_refused_address_is_named(standin: StandIn, sending: SendGrid) -> None:
    """And nobody of the batch was mailed: a request is taken or refused as a whole."""
    people = [reader(1), reader(2, address="jürgen@example.org"), reader(3, address="x")]
    found = sending.submit(mail(), people, date=NOW)
    assert isinstance(found, Refused)
    assert found.rejected == {
        people[1].delivery_id: "invalid-address", people[2].delivery_id: "invalid-address"
    }  # fmt: skip
    assert accepted(standin) == {}


def test_a_sender_that_is_not_verified(standin: StandIn, sending: SendGrid) -> None:
    standin.service.change_rules({"sender_domains": ["other.example.org"]})
    found = submit(sending)
    assert isinstance(found, Stopped)
    assert "verified" in found.error


def test_used_up_credits(standin: StandIn, sending: SendGrid) -> None:
    standin.service.change_rules({"credits": 2})
    found = submit(sending)
    assert isinstance(found, Stopped)
    assert "Buy credits" in found.mend


def test_a_batch_id_that_was_never_made(sending: SendGrid) -> None:
    found = submit(sending, slot=Slot(provider_id="never", send_at=LATER))
    assert isinstance(found, Refused)
    assert not found.rejected


def test_too_many_requests(standin: StandIn, sending: SendGrid) -> None:
    standin.service.change_rules({"rate_limit": 1, "rate_window": 60})
    assert isinstance(submit(sending), Taken)
    found = submit(sending)
    assert isinstance(found, Limited)
    assert timedelta(0) < found.until - NOW <= timedelta(seconds=60)


# ---- every fault --------------------------------------------------------------------------------

BEFORE: dict[str, type[Answer] | tuple[type[Answer], ...]] = {
    "200": Unknown, "302": Unknown, "400": Refused, "401": Stopped, "403": Stopped, "404": Stopped,
    "429": Limited, "500": Unknown, "502": Unknown, "503": Unknown, "504": Unknown,
    "reset": (Unknown, NotTaken), "hang": Unknown, "close": Unknown, "cut": Unknown,
}  # fmt: skip
"""What is seen of each fault that befalls a request which was not carried out. When a connection is
reset it depends on the moment whether the last byte was written."""

LIES = {"400", "401", "403", "404", "429"}
"""Answers that a provider which did take the mails does not give."""


@pytest.mark.parametrize("name", BEFORE)
def test_each_fault_before_acceptance(standin: StandIn, name: str) -> None:
    standin.service.script.add(name)
    sending = transport(standin.url, timeout=1 if name == "hang" else 10)
    found = submit(sending)
    assert isinstance(found, BEFORE[name])
    assert accepted(standin) == {}
    if isinstance(found, Unknown):
        assert found.stop == (name in {"200", "302"})
    assert isinstance(submit(sending), Taken)
    assert accepted(standin) == whole()
    sending.close()


@pytest.mark.parametrize("name", sorted({*BEFORE} - LIES))
def test_each_fault_after_acceptance_is_unknown(standin: StandIn, name: str) -> None:
    standin.service.script.add(f"{name}-after")
    sending = transport(standin.url, timeout=1 if name == "hang" else 10)
    assert isinstance(submit(sending), Unknown)
    assert accepted(standin) == whole()
    sending.close()


def test_what_is_carried_out_only_later_is_unknown(standin: StandIn) -> None:
    standin.service.script.add("late")
    sending = transport(standin.url, timeout=1)
    assert isinstance(submit(sending), Unknown)
    standin.service.letting_go.set()
    sending.close()


def test_every_fault_is_tried() -> None:
    assert {*BEFORE, "late"} == set(KINDS)


# ---- taking it back -----------------------------------------------------------------------------


def given_id(sending: SendGrid) -> str:
    assert sending.undo is not None
    return sending.undo.new_id()


def cancel(sending: SendGrid, provider_id: str) -> bool:
    """Whether the cancel is said to be certain."""
    assert sending.undo is not None
    try:
        sending.undo.cancel(provider_id)
    except TransportError:
        return False
    return True


def status_of(standin: StandIn, provider_id: str) -> str:
    return dict(standin.service.book.marks()).get(provider_id, "")


def test_cancelling_takes_everything_back(standin: StandIn, sending: SendGrid) -> None:
    undo = sending.undo
    assert undo is not None
    assert undo.most == MOST_MARKS
    provider_id = undo.new_id()
    assert isinstance(submit(sending, slot=Slot(provider_id=provider_id, send_at=LATER)), Taken)
    assert not undo.is_cancelled(provider_id)
    for _ in range(2):
        undo.cancel(provider_id)
        assert undo.is_cancelled(provider_id)
    assert standin.ledger.live() == {}
    standin.service.move_clock(7200)
    for _ in range(2):
        undo.forget(provider_id)
        assert not undo.is_cancelled(provider_id)
    assert standin.ledger.delivered() == {}


@pytest.mark.parametrize("after", ["", "-after"])
@pytest.mark.parametrize("kind", sorted({*KINDS} - {"late"}))
def test_a_cancel_is_certain_or_an_error(standin: StandIn, kind: str, after: str) -> None:
    """Whatever happens to the request; and it can be tried again."""
    sending = transport(standin.url, timeout=1 if kind == "hang" else 10)
    provider_id = given_id(sending)
    standin.service.script.add(f"cancel-{kind}{after}")
    said = cancel(sending, provider_id)
    assert said == (status_of(standin, provider_id) == "cancel") or not said
    if after and kind not in {"401", "403"}:
        assert said, "the question that follows finds it cancelled"
    assert cancel(sending, provider_id)
    assert status_of(standin, provider_id) == "cancel"
    sending.close()


@pytest.mark.parametrize("kind", ["200", "302", "400", "404", "500", "close", "cut"])
def test_a_cancel_that_cannot_be_confirmed_is_an_error(
    standin: StandIn, sending: SendGrid, kind: str
) -> None:
    provider_id = given_id(sending)
    standin.service.script.add("cancel-close-after")
    standin.service.script.add(f"read-{kind}")
    assert not cancel(sending, provider_id)
    assert cancel(sending, provider_id)


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"late"}))
def test_a_new_id_is_one_or_an_error(standin: StandIn, kind: str) -> None:
    sending = transport(standin.url, timeout=1 if kind == "hang" else 10)
    standin.service.script.add(f"batch-{kind}")
    with pytest.raises(TransportError) as refused:
        given_id(sending)
    assert refused.value.mend
    assert standin.service.book.knows_batch(given_id(sending))
    sending.close()


def test_what_somebody_paused_is_cancelled(standin: StandIn, sending: SendGrid) -> None:
    provider_id = given_id(sending)
    pause = {"batch_id": provider_id, "status": "pause"}
    with Client(standin.url) as client:
        assert client.call("POST", "/v3/user/scheduled_sends", pause).status == 201
    assert sending.undo is not None
    assert not sending.undo.is_cancelled(provider_id)
    standin.service.change_rules({"scopes": [s for s in SCOPES if not s.endswith(".update")]})
    with pytest.raises(TransportError, match="paused"):
        sending.undo.cancel(provider_id)
    standin.service.change_rules({"scopes": list(SCOPES)})
    standin.service.script.add("cancel-close-after", skip=1)
    assert cancel(sending, provider_id)
    assert status_of(standin, provider_id) == "cancel"


def test_an_id_that_cannot_be_cancelled(standin: StandIn, sending: SendGrid) -> None:
    assert sending.undo is not None
    with Client(standin.url) as client:
        for _ in range(MOST_MARKS):
            assert client.cancel(client.batch()).status == 201
    for provider_id in ("never-made", given_id(sending)):
        with pytest.raises(TransportError) as refused:
            sending.undo.cancel(provider_id)
        assert refused.value.mend
        assert not sending.undo.is_cancelled(provider_id)


def test_the_status_of_another_id_says_nothing(web: WebServer) -> None:
    """The document's own example shows ids that were not asked for."""
    undo = transport(web.origin).undo
    assert undo is not None
    for found, cancelled in (("b", False), ("a", True)):
        listed = json.dumps([{"batch_id": found, "status": "cancel"}, 7]).encode()
        web.pages["/v3/user/scheduled_sends/a"] = Page(body=listed)
        assert undo.is_cancelled("a") == cancelled


def test_an_id_with_signs_of_its_own_stays_one_id(standin: StandIn, sending: SendGrid) -> None:
    assert sending.undo is not None
    assert not sending.undo.is_cancelled("a/../b?c#d")
    assert standin.ledger.requests()[-1].path == "/v3/user/scheduled_sends/a%2F..%2Fb%3Fc%23d"


@pytest.mark.parametrize("kind", ["200", "302", "400", "403", "500", "close"])
def test_forgetting_is_done_or_an_error(standin: StandIn, sending: SendGrid, kind: str) -> None:
    assert sending.undo is not None
    provider_id = given_id(sending)
    sending.undo.cancel(provider_id)
    standin.service.script.add(f"delete-{kind}")
    with pytest.raises(TransportError):
        sending.undo.forget(provider_id)
    sending.undo.forget(provider_id)
    assert status_of(standin, provider_id) == ""


# ---- its condition ------------------------------------------------------------------------------


def test_its_clock_and_what_is_paid_for(standin: StandIn) -> None:
    standin.service.change_rules({"credits": 7})
    assert transport(standin.url).condition().credits == 7
    assert transport(standin.url).condition().ahead == timedelta(0)
    slow = transport(standin.url, now=lambda: NOW - timedelta(seconds=90))
    assert slow.condition().ahead == timedelta(seconds=90)


def test_an_answer_that_took_long_does_not_make_the_clock_wrong(standin: StandIn) -> None:
    """It was given half way between the question and its arrival, as far as anybody knows."""
    times = iter([NOW - timedelta(seconds=20), NOW + timedelta(seconds=20)])
    slow = transport(standin.url, now=lambda: next(times))
    assert slow.condition().ahead == timedelta(0)


def test_credits_that_cannot_be_read_are_no_failure(standin: StandIn, sending: SendGrid) -> None:
    standin.service.script.add("read-500", skip=1)
    assert sending.condition().credits is None
    standin.service.change_rules({"scopes": [SEND, *UNDO]})
    assert sending.condition().credits is None


@pytest.mark.parametrize("missing", [SEND, *UNDO])
def test_a_key_that_may_not_do_everything(standin: StandIn, missing: str) -> None:
    standin.service.change_rules({"scopes": [scope for scope in SCOPES if scope != missing]})
    with pytest.raises(TransportError) as refused:
        transport(standin.url).condition()
    assert missing in refused.value.message
    assert refused.value.mend
    if missing != SEND:
        assert transport(standin.url, undo=False).condition().credits


@pytest.mark.parametrize("kind", ["200", "302", "401", "429", "500", "close", "cut"])
def test_a_provider_that_does_not_answer_as_it_should(
    standin: StandIn, sending: SendGrid, kind: str
) -> None:
    standin.service.script.add(f"read-{kind}")
    with pytest.raises(TransportError) as refused:
        sending.condition()
    assert refused.value.mend


# ---- the admin ----------------------------------------------------------------------------------

NOTICE = Notice(to="admin@example.org", subject="It is out", text="Done.", html="<p>Done.</p>")


def test_a_notice_goes_out_at_once(standin: StandIn, sending: SendGrid) -> None:
    sending.notify(NOTICE, ENVELOPE, date=NOW)
    (message,) = standin.ledger.messages()
    assert message.email == "admin@example.org"
    assert message.delivered
    (request,) = standin.ledger.requests()
    made = json.loads(request.body or b"")
    assert "custom_args" not in made["personalizations"][0]
    assert not {"batch_id", "send_at"} & set(made)


@pytest.mark.parametrize("name", sorted({*BEFORE} - {"hang"}))
def test_a_notice_that_is_not_taken_is_an_error(
    standin: StandIn, sending: SendGrid, name: str
) -> None:
    standin.service.script.add(name)
    with pytest.raises(TransportError) as refused:
        sending.notify(NOTICE, ENVELOPE, date=NOW)
    assert refused.value.mend
    assert "admin@example.org" not in str(refused.value)


# ---- the key ------------------------------------------------------------------------------------


def test_the_key_is_shown_nowhere(
    standin: StandIn, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither by the package's own logging, nor by http.client, nor in what went wrong."""
    caplog.set_level(logging.DEBUG)
    sending = transport(standin.url)
    shown = [repr(sending), str(sending), f"{sending}"]
    provider_id = given_id(sending)
    cancel(sending, provider_id)
    sending.condition()
    for name in BEFORE:
        if name != "hang":
            standin.service.script.add(name)
            shown.append(repr(submit(sending)))
    wrong = transport(standin.url, key="SG.other-secret")
    shown.append(repr(submit(wrong)))
    with pytest.raises(TransportError) as refused:
        wrong.condition()
    shown += [str(refused.value), repr(refused.value), caplog.text, *capfd.readouterr()]
    for text in shown:
        assert KEY not in text
        assert "other-secret" not in text
        assert "host.example.org" not in text
    sending.close()
    wrong.close()
