"""The sender of a discreet variant reaches each transport; other variants keep the edition's."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from newsletter.delivery.transports.sendgrid_body import RequestTemplate
from newsletter.model.edition import Form
from newsletter.pipeline.context import envelope_for
from tests.sendgrid import ENVELOPE, mail, reader

GIVEN = replace(ENVELOPE, reply_to="morgan@example.org")


def test_another_variant_keeps_the_envelope_of_the_edition() -> None:
    for form in (Form.NORMAL, Form.LARGE, Form.PLAIN):
        assert envelope_for(GIVEN, replace(mail().rendered, form=form)) is GIVEN


@pytest.mark.parametrize(
    ("sender", "name", "address", "reply_to"),
    [
        (f"Newsletter <{GIVEN.sender_address}>", "Newsletter", GIVEN.sender_address, True),
        ("The letter <letter@example.net>", "The letter", "letter@example.net", False),
        ("letter@example.net", "", "letter@example.net", False),
    ],
)
def test_a_request_to_sendgrid_has_the_neutral_sender(
    sender: str, name: str, address: str, reply_to: bool
) -> None:
    given = mail()
    rendered = replace(given.rendered, form=Form.DISCREET, sender=sender)
    discreet = replace(given, rendered=rendered, envelope=envelope_for(GIVEN, rendered))
    made = json.loads(RequestTemplate(discreet).body([reader(1)], attempt=1))
    assert made["from"] == {"email": address, **({"name": name} if name else {})}
    assert made.get("reply_to") == ({"email": GIVEN.reply_to} if reply_to else None)
    domain = address.rpartition("@")[2]
    assert made["personalizations"][0]["headers"]["List-Id"] == f"<newsletter.{domain}>"
    assert GIVEN.title not in json.dumps(made)
