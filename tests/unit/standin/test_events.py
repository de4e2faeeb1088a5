"""What is reported of messages, in which order, and how it is signed."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from newsletter.standin.events import Told, events_of, placed
from newsletter.standin.schedule import Fate
from newsletter.standin.signing import SIGNATURE, TIMESTAMP, Signer

ARGS = {"nl_delivery": "d1", "nl_attempt": "1"}


def events(kind: str = "", fate: Fate = Fate.DELIVERED, reason: str = "") -> list[dict[str, Any]]:
    results = {0: (kind, reason)} if kind else {}
    people = (("a@example.org", ARGS),)
    return events_of(Told(3, "mid", fate, 1000.0, people, ("letter",), results), seed=1)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("", ["processed", "delivered"]),
        ("deferred", ["processed", "deferred", "delivered"]),
        ("bounce", ["processed", "bounce"]),
        ("blocked", ["processed", "bounce"]),
        ("bounce-late", ["processed", "delivered", "bounce"]),
        ("spamreport", ["processed", "delivered", "spamreport"]),
        ("unsubscribe", ["processed", "delivered", "unsubscribe"]),
        ("dropped", ["dropped"]),
    ],
)
def test_the_events_of_an_outcome(kind: str, names: list[str]) -> None:
    """Each carries the ids of the newsletter, flat among its fields."""
    made = events(kind)
    assert [event["event"] for event in made] == names
    assert all(event.items() >= ARGS.items() for event in made)
    assert len({event["sg_event_id"] for event in made}) == len(made)


def test_the_details_of_events() -> None:
    """A block is a bounce of another type; a late bounce has lost the message's id."""
    assert events("blocked")[1]["type"] == "blocked"
    assert events("bounce")[1]["type"] == "bounce"
    assert "sg_message_id" in events("bounce")[1]
    assert "sg_message_id" not in events("bounce-late")[2]
    assert events(fate=Fate.CANCELLED)[0].items() >= {"event": "dropped"}.items()
    assert [event["event"] for event in events(fate=Fate.EXPIRED)] == ["dropped"]
    assert events("dropped", reason="Bounced Address")[0]["reason"] == "Bounced Address"


def test_events_come_out_of_order_and_more_than_once() -> None:
    """The same for the same seed; all of them; the second copy has another id."""
    made: list[dict[str, object]] = [{"sg_event_id": str(number)} for number in range(500)]

    def order(seed: int, disorder: int, repeated: float) -> list[object]:
        rows = placed(made, first=10, seed=seed, disorder=disorder, repeated=repeated)
        return [event["sg_event_id"] for _, event in sorted(rows, key=lambda row: row[0])]

    plain = [str(number) for number in range(500)]
    assert order(1, 0, 0) == plain
    mixed = order(1, 30, 0)
    assert mixed != plain
    assert sorted(mixed, key=str) == sorted(plain)
    assert max(abs(int(str(name)) - place) for place, name in enumerate(mixed)) <= 31
    twice = order(1, 30, 0.2)
    assert twice == order(1, 30, 0.2)
    assert twice != order(2, 30, 0.2)
    assert 550 < len(twice) < 650
    assert len(set(twice)) == len(twice)


def test_the_signature_is_that_of_timestamp_and_body() -> None:
    """Any receiver with the public key can verify it, and a changed byte is found."""
    signer = Signer(5)
    body = b'[{"event":"delivered"}]\r\n'
    headers = signer.headers(body, 1_795_000_000)
    key = serialization.load_der_public_key(base64.b64decode(signer.public_key))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert isinstance(key.curve, ec.SECP256R1)
    signature, scheme = base64.b64decode(headers[SIGNATURE]), ec.ECDSA(hashes.SHA256())
    key.verify(signature, headers[TIMESTAMP].encode() + body, scheme)
    with pytest.raises(InvalidSignature):
        key.verify(signature, headers[TIMESTAMP].encode() + body.strip(), scheme)
    assert Signer(5).public_key == signer.public_key != Signer(6).public_key
