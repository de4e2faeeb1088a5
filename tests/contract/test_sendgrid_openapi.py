"""What goes to SendGrid, as it was recorded, against SendGrid's own OpenAPI document."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from newsletter.delivery.answers import Taken
from newsletter.delivery.message import Notice
from newsletter.delivery.transports.contract import TEST_FOLDER, Mail, Slot
from newsletter.standin.rules import Rules
from newsletter.standin.server import serve
from tests.openapi import DOCUMENT, MISSING, valid_request
from tests.sendgrid import ENVELOPE, NOW, START, mail, reader, transport

pytestmark = pytest.mark.skipif(not DOCUMENT.is_file(), reason=MISSING)

PEOPLE = [reader(number) for number in range(1000)]
HOSTILE = "<b>&\r\nBcc: x@example.org\r\n\u202e🎗 " + "x" * 5000
MAILS: dict[str, Mail] = {
    "own pages": mail(),
    "own pages, text only": mail(text_only=True),
    "SendGrid's page": mail(pages=""),
    "SendGrid's page, text only": mail(pages="", text_only=True),
    "a test mail": mail(pages="", folder=TEST_FOLDER),
    "no name and no other address": mail(sender_name="", reply_to=""),
    "hostile words": mail(subject=HOSTILE, words=HOSTILE, sender_name=HOSTILE, title=HOSTILE),
}
PERSONAL = re.compile(r"@|reader|number\d|neuroendocrine|cancer|luck|morgan", re.IGNORECASE)


def recorded(folder: Path, given: Mail, *, with_slot: bool) -> bytes:
    """The body of one request as the stand-in got it, and accepted it."""
    with serve(folder, Rules(keep_bodies=True), lambda: START) as running:
        sending = transport(running.url)
        slot = None
        if with_slot:
            assert sending.undo is not None
            slot = Slot(provider_id=sending.undo.new_id(), send_at=NOW + timedelta(hours=1))
        found = sending.submit(given, PEOPLE, date=NOW, attempt=2, slot=slot)
        assert isinstance(found, Taken)
        sending.close()
        return running.ledger.requests()[-1].body or b""


@pytest.mark.parametrize("with_slot", [False, True], ids=["at once", "later"])
@pytest.mark.parametrize("name", MAILS)
def test_every_request_is_valid_and_tells_no_more_than_it_must(
    tmp_path: Path, name: str, *, with_slot: bool
) -> None:
    raw = recorded(tmp_path, MAILS[name], with_slot=with_slot)
    assert valid_request(raw)
    made: dict[str, Any] = json.loads(raw)
    assert ("batch_id" in made) == with_slot
    assert made["categories"] == ["newsletter"]
    assert not {"asm", "custom_args", "headers", "mail_settings", "template_id"} & set(made)
    assert [person["to"] for person in made["personalizations"]] == [
        [{"email": person.address}] for person in PEOPLE
    ]
    for person in made["personalizations"]:
        assert not {"cc", "bcc", "subject", "from"} & set(person)
        assert set(person["custom_args"]) == {"nl_delivery", "nl_attempt"}
        assert not PERSONAL.search(json.dumps(person["custom_args"]))
    assert not PERSONAL.search(f"{made.get('batch_id')} {made['categories']}")
    on = {name for name, each in made["tracking_settings"].items() if each["enable"]}
    assert len(made["tracking_settings"]) == 4
    assert on == ({"subscription_tracking"} if name.startswith("SendGrid's") else set())


def test_a_notice_is_valid(tmp_path: Path) -> None:
    with serve(tmp_path, Rules(keep_bodies=True), lambda: START) as running:
        sending = transport(running.url)
        notice = Notice(to="admin@example.org", subject="Out", text="Done.", html="<p>Done.</p>")
        for each in (notice, replace(notice, asked_for=True)):
            sending.notify(each, ENVELOPE, date=NOW)
        sending.close()
        assert all(valid_request(seen.body or b"") for seen in running.ledger.requests())


def test_what_the_document_forbids_is_seen(tmp_path: Path) -> None:
    """The check can fail."""
    made = json.loads(recorded(tmp_path, mail(), with_slot=False))
    made["personalizations"][3]["custom_args"] = "x"
    made["categories"] = [1]
    assert not valid_request(json.dumps(made).encode())
