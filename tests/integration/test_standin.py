"""The stand-in over HTTP: answers, faults on either side of acceptance, schedules, reports."""

from __future__ import annotations

import base64
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from newsletter.errors import SettingsError, UsageError
from newsletter.standin.ledger import Ledger
from newsletter.standin.rules import Rules
from newsletter.standin.schedule import MOST_MARKS
from newsletter.standin.server import LARGEST, StandIn, serve
from newsletter.standin.service import Service
from newsletter.standin.signing import SIGNATURE, TIMESTAMP
from newsletter.wiring import stand_in_clock
from tests.acceptance.runner import Desk
from tests.standin import HEADERS, Client, payload, person

START = 1_795_000_000.0
HOUR = 3600


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[StandIn]:
    """A stand-in whose clock stands still at START until it is moved."""
    with serve(tmp_path / "records", Rules(keep_bodies=True), lambda: START) as running:
        yield running


@pytest.fixture
def client(standin: StandIn) -> Iterator[Client]:
    with Client(standin.url) as made:
        yield made


def lost(client: Client, people: Any = 1, **more: Any) -> str:
    """Sends mail that is not answered; the kind of error the client sees."""
    with pytest.raises((OSError, http.client.HTTPException)) as seen:
        client.send(people, **more)
    return type(seen.value).__name__


# ---- answers ---------------------------------------------------------------------------------


def test_an_accepted_request(standin: StandIn, client: Client) -> None:
    """202, an id, an empty body; and it is in the ledger with the newsletter's ids."""
    told = client.send(2)
    assert (told.status, told.body, told.headers["Content-Length"]) == (202, b"", "0")
    messages = list(standin.ledger.messages())
    assert [(m.delivery, m.attempt, m.email) for m in messages] == [
        ("d0", "1", "reader0@host.example.org"),
        ("d1", "1", "reader1@host.example.org"),
    ]
    assert {m.message_id for m in messages} == {told.headers["X-Message-Id"]}
    assert standin.ledger.delivered() == {"d0": 1, "d1": 1}
    assert json.loads(standin.ledger.requests()[0].body or b"") == payload(2)


def test_the_sandbox_accepts_nothing(standin: StandIn, client: Client) -> None:
    """200 instead of 202, and only if the request is valid."""
    sandbox: dict[str, Any] = {"mail_settings": {"sandbox_mode": {"enable": True}}}
    assert client.send(**sandbox).status == 200
    assert client.send(0, **sandbox).status == 400
    assert list(standin.ledger.messages()) == []


@pytest.mark.parametrize(
    ("call", "status", "kind"),
    [
        (("POST", "/v3/mail/send", b"{"), 400, "application/json"),
        (("POST", "/v3/mail/send", b'{"send_at": NaN}'), 400, "application/json"),
        (("POST", "/v3/mail/send", b"[" * 100_000), 400, "application/json"),
        (("POST", "/v3/mail/send", b"\xff"), 400, "application/json"),
        (("GET", "/v3/mail/send"), 405, "application/json"),
        (("PUT", "/v3/mail/batch"), 405, "application/json"),
        (("POST", "/v3/mail/sends", b"{}"), 404, "application/json"),
        (("GET", "/v3/mail/batch/nothing"), 400, "application/json"),
        (("POST", "/v3/mail/send", b"x" * (LARGEST + 1)), 413, "text/html"),
    ],
    ids=["broken", "nan", "deep", "no-utf8", "get", "put", "path", "batch", "large"],
)
def test_refusals_of_requests(
    client: Client, standin: StandIn, call: tuple[Any, ...], status: int, kind: str
) -> None:
    """In the provider's form: JSON with errors, and HTML where nginx answers."""
    told = client.call(*call)
    assert (told.status, told.headers["Content-Type"]) == (status, kind)
    if kind == "application/json":
        assert set(told.json["errors"][0]) == {"message", "field", "help"}
    assert standin.ledger.requests()[-1].status == status
    assert client.send().status == 202  # and it goes on working


def test_refusals_by_header(standin: StandIn, client: Client) -> None:
    """A wrong key, a wrong type, a compressed body, a body of unknown length."""
    assert client.call("POST", "/v3/mail/send", payload(), Authorization="Bearer x").status == 401
    assert client.call("POST", "/v3/mail/send", payload(), Content_Type="text/plain").status == 415
    assert client.call("POST", "/v3/mail/send", payload(), Content_Encoding="gzip").status == 415
    raw = http.client.HTTPConnection(standin.url.removeprefix("http://"))
    raw.putrequest("POST", "/v3/mail/send")
    for name, value in {**HEADERS, "Transfer-Encoding": "chunked"}.items():
        raw.putheader(name, value)
    raw.endheaders()  # and no body, since the answer does not wait for it
    assert raw.getresponse().status == 411
    raw.close()
    typed = "application/json; charset=utf-8"
    assert client.call("POST", "/v3/mail/send", payload(), Content_Type=typed).status == 202


def test_errors_name_the_fields_and_can_be_limited(client: Client) -> None:
    """A client has to cope with one named fault out of many."""
    people = [person(n, to=[{"email": "x"}]) for n in range(3)]
    assert client.send(people).fields == [f"personalizations.{n}.to.0.email" for n in range(3)]
    client.control("PATCH", "rules", most_errors=1)
    assert client.send(people).fields == ["personalizations.0.to.0.email"]


def test_what_the_account_may_not_do(standin: StandIn, client: Client) -> None:
    """A key without the scope, a sender that is not verified, and no credits left: a 401."""
    client.control("PATCH", "rules", scopes=["mail.batch.create"])
    assert client.send().status == 403
    assert client.call("GET", "/v3/scopes").json == {"scopes": ["mail.batch.create"]}
    client.control("PATCH", "rules", scopes=["mail.send", "user.credits.read"])
    client.control("PATCH", "rules", sender_domains=["example.com"])
    assert (client.send().status, client.send().fields) == (403, ["from"])
    client.control("PATCH", "rules", sender_domains=[], credits=3)
    assert client.send(2).status == 202
    told = client.send(2)
    assert (told.status, told.json["errors"][0]["message"]) == (401, "Maximum credits exceeded")
    left = client.call("GET", "/v3/user/credits").json
    assert (left["remain"], left["total"], left["used"]) == (1, 3, 2)
    assert client.send(1).status == 202
    assert sum(standin.ledger.accepted().values()) == 3


def test_the_rate_limit(client: Client) -> None:
    """Every answer says how many are left; the one too many is a 429, until the window ends."""
    client.control("PATCH", "rules", rate_limit=2, rate_window=10)
    first, second, third = client.send(), client.send(0), client.send()
    assert [told.status for told in (first, second, third)] == [202, 400, 429]
    left = [told.headers["X-RateLimit-Remaining"] for told in (first, second, third)]
    assert left == ["1", "0", "0"]
    assert third.headers["X-RateLimit-Limit"] == "2"
    assert third.json == {"errors": [{"message": "too many requests", "field": None, "help": None}]}
    now = parsedate_to_datetime(third.headers["Date"]).timestamp()
    assert 0 < float(third.headers["X-RateLimit-Reset"]) - now <= 10
    client.control("POST", "clock", to=float(third.headers["X-RateLimit-Reset"]))
    assert client.send().status == 202


# ---- faults ----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 302, 401, 403, 429, 500, 502, 503])
@pytest.mark.parametrize("after", ["", "-after"])
def test_a_made_up_answer(standin: StandIn, client: Client, status: int, after: str) -> None:
    """The client is told the same on either side of acceptance; the ledger knows."""
    client.control("POST", "faults", name=f"{status}{after}")
    told = client.send()
    assert told.status == status
    assert "X-Message-Id" not in told.headers
    assert "X-RateLimit-Remaining" in told.headers
    assert len(standin.ledger.accepted()) == (1 if after else 0)
    seen = standin.ledger.requests()[0]
    assert (seen.status, seen.fault) == (status, f"{status}{after}")
    assert client.send().status == 202


@pytest.mark.parametrize(
    ("name", "errors", "accepted"),
    [
        ("reset", {"ConnectionResetError", "BrokenPipeError", "RemoteDisconnected"}, 0),
        ("close", {"RemoteDisconnected"}, 0),
        ("cut", {"IncompleteRead"}, 0),
        ("reset-after", {"ConnectionResetError"}, 1),
        ("close-after", {"RemoteDisconnected"}, 1),
        ("cut-after", {"IncompleteRead"}, 1),
    ],
)
def test_a_broken_connection(
    standin: StandIn, client: Client, name: str, errors: set[str], accepted: int
) -> None:
    """A request that got no whole answer was accepted, or not, as the fault's name says."""
    client.control("POST", "faults", name=name)
    assert lost(client, 1000) in errors
    assert len(standin.ledger.accepted()) == accepted * 1000
    assert [seen.fault for seen in standin.ledger.requests()] == [name]
    assert client.send().status == 202


@pytest.mark.parametrize(("name", "accepted"), [("hang", 0), ("hang-after", 1), ("late", 0)])
def test_no_answer_in_time(standin: StandIn, name: str, accepted: int) -> None:
    """The client gives up; a late request is carried out only after that."""
    with Client(standin.url, timeout=1) as client:
        client.control("POST", "faults", name=name)
        assert lost(client) == "TimeoutError"
        assert len(standin.ledger.accepted()) == accepted
        client.control("POST", "let-go")
        late = 1 if name == "late" else accepted
        deadline = time.monotonic() + 10
        while len(standin.ledger.accepted()) < late and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(standin.ledger.accepted()) == late


def test_a_random_mix_keeps_its_promises(tmp_path: Path) -> None:
    """Whatever befalls a request: `-after` and 202 were accepted once, all others never."""
    names = ("429", "503-after", "close", "close-after", "cut-after", "reset")
    rules = Rules(faults=dict.fromkeys(names, 0.12), seed=4)
    with serve(tmp_path, rules, lambda: START) as standin, Client(standin.url) as client:
        for number in range(120):
            try:
                client.send([person(number)])
            except (OSError, http.client.HTTPException):
                continue
        requests, accepted = standin.ledger.requests(), standin.ledger.accepted()
    assert {seen.fault for seen in requests} == {"", *names}
    expected = {
        (f"d{number}", "1")
        for number, seen in enumerate(requests)
        if seen.fault.endswith("-after") or not seen.fault
    }
    assert set(accepted) == expected
    assert set(accepted.values()) == {1}


def test_latency(standin: StandIn, client: Client) -> None:
    """It is accepted before the wait: whoever dies meanwhile has sent mail all the same."""
    client.control("PATCH", "rules", latency=0.2)
    begin = time.monotonic()
    assert client.send().status == 202
    assert time.monotonic() - begin >= 0.2
    client.control("PATCH", "rules", latency=30)
    with Client(standin.url, timeout=1) as impatient:
        assert lost(impatient, [person(7)]) == "TimeoutError"
    assert standin.ledger.delivered()["d7"] == 1
    client.control("PATCH", "rules", latency=0)


# ---- scheduled sends -------------------------------------------------------------------------


def test_what_is_scheduled_goes_out_at_its_time(standin: StandIn, client: Client) -> None:
    """Not a second earlier."""
    batch = client.batch()
    assert client.call("GET", f"/v3/mail/batch/{batch}").json == {"batch_id": batch}
    assert client.send(2, batch_id=batch, send_at=int(START) + HOUR).status == 202
    client.control("POST", "clock", advance=HOUR - 1)
    assert (standin.ledger.delivered(), standin.ledger.live()) == ({}, {"d0": 1, "d1": 1})
    client.control("POST", "clock", advance=1)
    assert standin.ledger.delivered() == {"d0": 1, "d1": 1}


def test_a_cancelled_batch_and_its_successor(standin: StandIn, client: Client) -> None:
    """Two acceptances of a delivery, one of them live: nobody gets it twice."""
    first, second = client.batch(), client.batch()
    client.send(1, batch_id=first, send_at=int(START) + HOUR)
    told = client.cancel(first)
    assert (told.status, told.json) == (201, {"batch_id": first, "status": "cancel"})
    assert client.cancel(first).status == 400
    again = [person(0, attempt=2)]
    client.send(again, batch_id=second, send_at=int(START) + HOUR)
    assert standin.ledger.accepted() == {("d0", "1"): 1, ("d0", "2"): 1}
    assert (standin.ledger.live(), standin.ledger.doubles()) == ({"d0": 1}, {})
    client.control("POST", "clock", advance=HOUR)
    assert standin.ledger.delivered() == {"d0": 1}
    events = taken(client)
    dropped = [(e["nl_attempt"], e["event"]) for e in events if e["event"] == "dropped"]
    assert set(dropped) == {("1", "dropped")}
    assert ("2", "delivered") in {(e["nl_attempt"], e["event"]) for e in events}


def test_a_double_is_found(standin: StandIn, client: Client) -> None:
    """The judge would say so."""
    client.send()
    client.send([person(0, attempt=2)])
    assert standin.ledger.doubles() == {"d0": 2}


def test_a_cancel_that_comes_too_late(standin: StandIn, client: Client) -> None:
    """It is answered like any other, and the mail goes out."""
    batch = client.batch()
    client.send(1, batch_id=batch, send_at=int(START) + 599)
    assert client.cancel(batch).status == 201
    assert standin.ledger.live() == {"d0": 1}
    client.control("POST", "clock", advance=HOUR)
    assert standin.ledger.delivered() == {"d0": 1}


@pytest.mark.parametrize("holds", [True, False])
def test_a_cancel_before_the_request(standin: StandIn, client: Client, holds: bool) -> None:
    """Whether it covers what arrives later can be chosen: nobody has documented it."""
    client.control("PATCH", "rules", cancel_holds=holds)
    batch = client.batch()
    client.cancel(batch)
    client.send(1, batch_id=batch, send_at=int(START) + HOUR)
    assert standin.ledger.live() == ({} if holds else {"d0": 1})
    client.control("POST", "clock", advance=HOUR)
    assert standin.ledger.delivered() == ({} if holds else {"d0": 1})


@pytest.mark.parametrize("holds", [True, False])
def test_a_cancel_while_the_request_is_on_its_way(tmp_path: Path, holds: bool) -> None:
    """The client gave up waiting, cancels, and only then its request is carried out."""
    rules = Rules(cancel_holds=holds)
    with serve(tmp_path, rules, lambda: START) as standin, Client(standin.url) as client:
        batch = client.batch()
        client.control("POST", "faults", name="late")
        with Client(standin.url, timeout=1) as impatient:
            assert lost(impatient, 1, batch_id=batch, send_at=int(START) + HOUR) == "TimeoutError"
        assert client.cancel(batch).status == 201
        client.control("POST", "let-go")
        deadline = time.monotonic() + 10
        while not standin.ledger.accepted() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert standin.ledger.accepted() == {("d0", "1"): 1}
        assert standin.ledger.live() == ({} if holds else {"d0": 1})


def test_a_restart_keeps_the_clock_and_what_is_scheduled(tmp_path: Path) -> None:
    """And goes on numbering requests where it stopped."""
    with serve(tmp_path, Rules(), lambda: START) as standin, Client(standin.url) as client:
        client.control("POST", "clock", advance=100)
        batch = client.batch()
        client.send(1, batch_id=batch, send_at=int(START) + HOUR)
        with pytest.raises(UsageError, match="Another stand-in"):
            Service(tmp_path, Rules(), lambda: START)
    with serve(tmp_path, Rules(), lambda: START) as standin, Client(standin.url) as client:
        told = client.call("GET", f"/v3/mail/batch/{batch}")
        assert told.status == 200
        assert parsedate_to_datetime(told.headers["Date"]).timestamp() == START + 100
        client.control("POST", "clock", to=START + HOUR)
        assert standin.ledger.delivered() == {"d0": 1}
        numbers = [seen.number for seen in standin.ledger.requests()]
        assert numbers == sorted(set(numbers))


def test_a_cancel_taken_back_and_a_pause(standin: StandIn, client: Client) -> None:
    """Without its status a batch goes out after all; a paused one waits past its time."""
    batch, path = client.batch(), "/v3/user/scheduled_sends"
    client.send(1, batch_id=batch, send_at=int(START) + HOUR)
    assert client.call("PATCH", f"{path}/{batch}", {"status": "pause"}).status == 400
    client.cancel(batch)
    assert client.call("PATCH", f"{path}/{batch}", {"status": "pause"}).status == 204
    assert client.call("GET", path).json == [{"batch_id": batch, "status": "pause"}]
    assert client.call("GET", f"{path}/{batch}").json == [{"batch_id": batch, "status": "pause"}]
    client.control("POST", "clock", advance=HOUR)
    assert standin.ledger.delivered() == {}
    assert client.call("DELETE", f"{path}/{batch}").status == 204
    assert client.call("GET", path).json == []
    client.control("POST", "clock", advance=1)
    assert standin.ledger.delivered() == {"d0": 1}


def test_at_most_100_batches_are_paused_or_cancelled(client: Client) -> None:
    """Until one of them is deleted."""
    batches = [client.batch() for _ in range(MOST_MARKS + 1)]
    assert {client.cancel(batch).status for batch in batches[:-1]} == {201}
    assert client.cancel(batches[-1]).status == 400
    assert client.call("DELETE", f"/v3/user/scheduled_sends/{batches[0]}").status == 204
    assert client.cancel(batches[-1]).status == 201
    assert client.cancel("never-made").status == 400


@pytest.mark.parametrize(
    ("name", "holds"),
    [("cancel-400", False), ("cancel-close", False), ("cancel-close-after", True)],
)
def test_a_cancel_that_goes_wrong(standin: StandIn, client: Client, name: str, holds: bool) -> None:
    """Refused, lost on the way there, or lost on the way back; GET tells which."""
    batch = client.batch()
    client.send(1, batch_id=batch, send_at=int(START) + HOUR)
    client.control("POST", "faults", name=name)
    if "close" in name:
        with pytest.raises(http.client.RemoteDisconnected):
            client.cancel(batch)
    else:
        assert client.cancel(batch).status == 400
    assert bool(client.call("GET", f"/v3/user/scheduled_sends/{batch}").json) == holds
    assert standin.ledger.live() == ({} if holds else {"d0": 1})


# ---- suppressions and reports ----------------------------------------------------------------


def taken(client: Client, limit: int = 10_000) -> list[dict[str, Any]]:
    """The events that are reported next."""
    posts = client.control("POST", "events", limit=limit)["posts"]
    return [event for post in posts for event in json.loads(post["body"])]


def test_who_is_suppressed_is_dropped_and_costs_a_credit(standin: StandIn, client: Client) -> None:
    """Blocks are the exception: they stop nothing."""
    addresses = [f"reader{n}@host.example.org" for n in range(3)]
    client.control("POST", "suppressions", list="bounces", emails=[addresses[0].upper()])
    client.control("POST", "suppressions", list="blocks", emails=[addresses[1]])
    added = client.call("POST", "/v3/asm/suppressions/global", {"recipient_emails": [addresses[2]]})
    assert (added.status, added.json) == (201, {"recipient_emails": [addresses[2]]})
    client.send(3)
    assert standin.ledger.mailboxes() == {addresses[1]: 1}
    reasons = {e["email"]: e["reason"] for e in taken(client) if e["event"] == "dropped"}
    assert reasons == {addresses[0]: "Bounced Address", addresses[2]: "Unsubscribed Address"}
    assert client.call("GET", "/v3/user/credits").json["used"] == 3


def test_a_mail_may_pass_lists_by(standin: StandIn, client: Client) -> None:
    """As `mail_settings` says: one of them, or all."""
    lists = ("bounces", "spam_reports", "unsubscribes")
    for number, name in enumerate(lists):
        emails = [f"reader{number}@host.example.org"]
        client.control("POST", "suppressions", list=name, emails=emails)
    for kind in ("bounce", "spam", "unsubscribe", "list"):
        setting = f"bypass_{kind}_management"
        assert client.send(3, mail_settings={setting: {"enable": True}}).status == 202
        assert client.send(3, mail_settings={setting: {"enable": False}}).status == 202
    assert standin.ledger.mailboxes() == {f"reader{n}@host.example.org": 2 for n in range(3)}


def test_lists_are_paged_by_time_and_offset(client: Client) -> None:
    """Both times are inclusive, a page has 500 entries at most."""
    for moment in range(5):
        client.control("POST", "suppressions", list="spam_reports", created=1000 + moment,
                       emails=[f"a{moment}@example.org"])  # fmt: skip
    path = "/v3/suppression/spam_reports"
    page = client.call("GET", f"{path}?start_time=1001&end_time=1003&limit=2").json
    assert [entry["created"] for entry in page] == [1003, 1002]
    assert set(page[0]) == {"created", "email", "ip"}
    rest = client.call("GET", f"{path}?start_time=1001&end_time=1003&limit=2&offset=2").json
    assert [entry["email"] for entry in rest] == ["a1@example.org"]
    assert client.call("GET", f"{path}?limit=501").status == 400
    assert client.call("GET", f"{path}?limit=0").status == 400
    assert client.call("GET", f"{path}?offset=-1").status == 400
    assert client.call("GET", "/v3/suppression/everybody").status == 404
    assert len(client.call("GET", f"{path}/a1%40example.org").json) == 1
    assert client.call("DELETE", f"{path}/a1%40example.org").status == 204
    assert client.call("DELETE", path, {"emails": ["a2@example.org"]}).status == 204
    assert len(client.call("GET", path).json) == 3
    assert client.call("DELETE", path, {"delete_all": True}).status == 204
    assert client.call("GET", path).json == []


def test_outcomes_lead_to_events_and_lists(client: Client) -> None:
    """A bounce is reported, and the next mail to that address is dropped."""
    outcomes = {"@bounce.example.org": "bounce", "b@example.org": "spamreport"}
    client.control("PATCH", "rules", outcomes=outcomes)
    people = [person(0, to=[{"email": "a@bounce.example.org"}]),
              person(1, to=[{"email": "b@example.org"}])]  # fmt: skip
    client.send(people)
    client.send(people)
    kinds = {(event["email"], event["event"]) for event in taken(client)}
    assert kinds == {
        ("a@bounce.example.org", "processed"), ("a@bounce.example.org", "bounce"),
        ("a@bounce.example.org", "dropped"), ("b@example.org", "processed"),
        ("b@example.org", "delivered"), ("b@example.org", "spamreport"),
        ("b@example.org", "dropped"),
    }  # fmt: skip
    assert len(client.call("GET", "/v3/suppression/bounces").json) == 1


def verified(key: str, headers: Any, body: bytes) -> None:
    """Raises InvalidSignature."""
    public = serialization.load_der_public_key(base64.b64decode(key))
    assert isinstance(public, ec.EllipticCurvePublicKey)
    signed = str(headers[TIMESTAMP]).encode() + body
    public.verify(base64.b64decode(headers[SIGNATURE]), signed, ec.ECDSA(hashes.SHA256()))


class _Receiver(BaseHTTPRequestHandler):
    """Refuses the first post, and keeps all."""

    got: list[tuple[Any, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.headers, body))
        self.send_response(500 if len(self.got) == 1 else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Says nothing."""


def test_reports_are_signed_and_posted_until_they_are_taken(client: Client) -> None:
    """What is refused comes again, with the same events; the key is the one of the settings."""
    client.send(50)
    hook = client.call("GET", "/v3/user/webhooks/event/settings/all").json["webhooks"][0]
    key = client.call("GET", f"/v3/user/webhooks/event/settings/signed/{hook['id']}").json
    assert key["public_key"] == hook["public_key"]
    _Receiver.got = []
    with HTTPServer(("127.0.0.1", 0), _Receiver) as receiver:
        thread = threading.Thread(target=receiver.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{receiver.server_address[1]}/hook"
        assert client.control("POST", "events/post", url=url)["statuses"] == [500]
        assert client.control("POST", "events/post", url=url)["statuses"] == [204]
        assert client.control("POST", "events/post", url=url)["statuses"] == []
        receiver.shutdown()
        thread.join()
    (_, first), (headers, second) = _Receiver.got
    assert first == second
    verified(key["public_key"], headers, second)
    events = json.loads(second)
    assert {event["nl_delivery"] for event in events} == {f"d{n}" for n in range(50)}
    assert len(events) > 100
    order = [event["nl_delivery"] for event in events]
    assert order != sorted(order, key=lambda name: int(name[1:]))


def test_the_webhook_is_posted_to_by_itself(client: Client) -> None:
    """Once it is enabled, as in an account's settings; switched off, posts are not signed."""
    _Receiver.got = []
    path = "/v3/user/webhooks/event/settings"
    hook = client.call("GET", f"{path}/all").json["webhooks"][0]["id"]
    assert client.call("PATCH", f"{path}/{hook}", {"url": "http://example.org/"}).status == 400
    assert client.call("PATCH", f"{path}/{hook}", {"enabled": "yes"}).status == 400
    assert client.call("PATCH", f"{path}/signed/{hook}", {"enabled": False}).status == 200
    with HTTPServer(("127.0.0.1", 0), _Receiver) as receiver:
        url = f"http://127.0.0.1:{receiver.server_address[1]}/hook"
        told = client.call("PATCH", f"{path}/{hook}", {"url": url, "enabled": True})
        assert (told.status, told.json["url"], told.json["enabled"]) == (200, url, True)
        client.send()
        receiver.timeout = 10
        receiver.handle_request()
        receiver.handle_request()
    assert [json.loads(body)[0]["nl_delivery"] for _, body in _Receiver.got] == ["d0", "d0"]
    assert SIGNATURE not in _Receiver.got[1][0]


def test_reports_go_to_this_computer_only(client: Client, standin: StandIn) -> None:
    """Made-up bounces must not reach anybody's real webhook."""
    for url in ("http://example.org/hook", "https://127.0.0.1/", "http://10.0.0.1/"):
        told = client.call("POST", "/control/events/post", {"url": url})
        assert (told.status, "not posted" in told.json["error"]["message"]) == (400, True)
        with pytest.raises(UsageError):
            standin.service.set_webhook({"url": url})


# ---- the server itself -----------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])  # noqa: S104
def test_it_answers_on_this_computer_only(tmp_path: Path, host: str) -> None:
    """It has no secrets and no limits: nobody else may use it."""
    with pytest.raises(UsageError, match="this computer alone"), \
            serve(tmp_path, Rules(), lambda: START, host=host):  # fmt: skip
        pass


def test_a_port_that_is_taken_is_named(tmp_path: Path, standin: StandIn) -> None:
    """With what to do about it."""
    port = int(standin.url.rpartition(":")[2])
    with pytest.raises(UsageError, match=f"port {port}"), \
            serve(tmp_path, Rules(), lambda: START, port=port):  # fmt: skip
        pass


def test_wrong_control_requests_are_explained(client: Client) -> None:
    """And change nothing."""
    for what, given in (("faults", {"name": "4299"}), ("clock", {}), ("clock", {"advance": "x"}),
                        ("suppressions", {"list": "all", "emails": []})):  # fmt: skip
        told = client.call("POST", f"/control/{what}", given)
        assert (told.status, set(told.json["error"])) == (400, {"message", "mend"})
    assert client.call("GET", "/control/nothing").status == 404


def test_many_clients_at_once(standin: StandIn) -> None:
    """Each request has its own number, and none is lost."""

    def work(first: int) -> None:
        with Client(standin.url) as client:
            for number in range(first, first + 10):
                assert client.send([person(number)]).status == 202

    threads = [threading.Thread(target=work, args=(start,)) for start in range(0, 80, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert standin.ledger.delivered() == {f"d{number}": 1 for number in range(80)}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--fault", "4299=0.1"), "There is no fault '4299'"),
        (("--fault", "429"), "'429' is not"),
        (("--fault", "429=2"), "not between 0 and 1"),
        (("--events-to", "http://example.org/"), "not posted to http://example.org/"),
    ],
)
def test_wrong_options_of_the_command(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    """Exit code 2, and words that help."""
    done = Desk(tmp_path).call("dev", "sendgrid", "--port", "0", *options)
    assert (done.code, said in done.err) == (2, True), done


def test_the_clock_of_the_command_starts_where_it_is_told() -> None:
    """As that of the newsletter does, so that both agree in a rehearsal."""
    clock = stand_in_clock({"NEWSLETTER_NOW": "2026-11-16T09:00:00+01:00"})
    assert clock() == pytest.approx(1_794_816_000, abs=5)
    assert stand_in_clock({})() == pytest.approx(time.time(), abs=5)
    with pytest.raises(SettingsError):
        stand_in_clock({"NEWSLETTER_NOW": "yesterday"})


def _started(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """The command in a process of its own, and where it answers."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "newsletter", "dev", "sendgrid", "--port", "0",
         "--folder", str(folder)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if "base_url" in line:
            return process, line.split('"')[1]
    raise AssertionError("the stand-in did not start")


@pytest.mark.skipif(os.name == "nt", reason="there is no kill -9")
def test_what_was_answered_outlives_a_kill(tmp_path: Path) -> None:
    """Killed in the middle of its work, it has every request it answered, and goes on."""
    process, url = _started(tmp_path)
    answered: list[int] = []

    def work() -> None:
        with Client(url) as client:
            try:
                for number in range(100_000):
                    assert client.send([person(number)]).status == 202
                    answered.append(number)
            except (OSError, http.client.HTTPException):
                return

    thread = threading.Thread(target=work)
    thread.start()
    while len(answered) < 20:
        assert thread.is_alive()
        time.sleep(0.005)
    process.kill()
    thread.join()
    process.communicate()
    accepted = Ledger(tmp_path).accepted()
    assert {(f"d{number}", "1") for number in answered} <= set(accepted)
    assert set(accepted.values()) == {1}
    assert len(accepted) - len(answered) in {0, 1}  # the last one may not have been answered

    process, url = _started(tmp_path)
    with Client(url) as client:
        assert client.send([person(-1)]).status == 202
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert f"{len(accepted) + 1} recipients accepted" in said
    assert set(Ledger(tmp_path).accepted()) == {*accepted, ("d-1", "1")}


def test_a_client_that_dies_in_the_middle_of_its_request_sent_nothing(standin: StandIn) -> None:
    """Half a body is not a request."""
    host, _, port = standin.url.removeprefix("http://").partition(":")
    body = json.dumps(payload(1000)).encode()
    head = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(
            f"POST /v3/mail/send HTTP/1.1\r\nHost: {host}\r\n{head}"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body[: len(body) // 2]
        )
    with Client(standin.url) as client:
        assert client.send().status == 202
    assert standin.ledger.accepted() == {("d0", "1"): 1}
