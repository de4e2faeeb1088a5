"""A post is believed when it is signed with a key that we know, and not long ago."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import SettingsError
from newsletter.events.verify import OLDEST, SIGNATURE, TIMESTAMP, Verdict, Verifier
from newsletter.standin import signing
from newsletter.standin.signing import Signer

NOW = datetime(2026, 11, 16, 8, 30, tzinfo=UTC)
BODY = b'[{"event":"delivered","email":"anna@example.org"}]\r\n'
ONE, OTHER = Signer(1), Signer(2)


def judged(
    verifier: Verifier, signer: Signer = ONE, *, body: bytes = BODY, at: datetime = NOW
) -> Verdict:
    """What is said of a body that was signed at this time, and looked at now."""
    headers = signer.headers(body, int(at.timestamp()))
    return verifier.judge(
        timestamp=headers[TIMESTAMP], signature=headers[SIGNATURE], body=body, now=NOW
    )


def test_both_sides_speak_of_the_same_headers() -> None:
    assert (SIGNATURE, TIMESTAMP) == (signing.SIGNATURE, signing.TIMESTAMP)


def test_what_is_signed_with_a_known_key_is_genuine() -> None:
    """Whatever the bytes are: they are never decoded for it."""
    verifier = Verifier([ONE.public_key])
    assert judged(verifier) is Verdict.GENUINE
    assert judged(verifier, body=b"\xff\xfe\x00") is Verdict.GENUINE
    assert judged(verifier, body=b"") is Verdict.GENUINE
    assert judged(verifier, OTHER) is Verdict.FORGED


def test_while_the_key_is_changed_both_are_known() -> None:
    verifier = Verifier([ONE.public_key, OTHER.public_key])
    assert judged(verifier, ONE) is judged(verifier, OTHER) is Verdict.GENUINE
    assert judged(verifier, Signer(3)) is Verdict.FORGED


def test_a_key_may_have_been_broken_into_lines() -> None:
    key = ONE.public_key
    assert judged(Verifier([f"{key[:40]}\n  {key[40:]}"])) is Verdict.GENUINE


@given(place=st.integers(0, len(BODY) - 1), bit=st.integers(0, 7))
def test_a_changed_bit_is_seen(place: int, bit: int) -> None:
    headers = ONE.headers(BODY, int(NOW.timestamp()))
    body = bytearray(BODY)
    body[place] ^= 1 << bit
    assert (
        Verifier([ONE.public_key]).judge(
            timestamp=headers[TIMESTAMP], signature=headers[SIGNATURE], body=bytes(body), now=NOW
        )
        is Verdict.FORGED
    )


def test_the_time_is_part_of_what_is_signed() -> None:
    headers = ONE.headers(BODY, int(NOW.timestamp()))
    later = str(int(headers[TIMESTAMP]) + 1)
    assert (
        Verifier([ONE.public_key]).judge(
            timestamp=later, signature=headers[SIGNATURE], body=BODY, now=NOW
        )
        is Verdict.FORGED
    )


@given(timestamp=st.text(max_size=30), signature=st.text(max_size=300))
def test_whatever_the_headers_say_nothing_is_raised(timestamp: str, signature: str) -> None:
    verifier = Verifier([ONE.public_key])
    found = verifier.judge(timestamp=timestamp, signature=signature, body=BODY, now=NOW)
    assert found is Verdict.FORGED


@pytest.mark.parametrize(
    ("age", "verdict"),
    [
        (timedelta(hours=24), Verdict.GENUINE),
        (OLDEST, Verdict.GENUINE),
        (OLDEST + timedelta(seconds=1), Verdict.STALE),
        (timedelta(days=365), Verdict.STALE),
        (timedelta(minutes=-59), Verdict.GENUINE),
        (timedelta(hours=-2), Verdict.STALE),
    ],
)
def test_what_is_tried_again_for_a_day_is_believed_and_a_replay_is_not(
    age: timedelta, verdict: Verdict
) -> None:
    assert judged(Verifier([ONE.public_key]), at=NOW - age) is verdict


def test_a_signed_time_that_is_none_is_stale() -> None:
    headers = ONE.headers(BODY, 17)
    assert (
        Verifier([ONE.public_key]).judge(
            timestamp=headers[TIMESTAMP], signature=headers[SIGNATURE], body=BODY, now=NOW
        )
        is Verdict.STALE
    )


def _rsa() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    der = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode()


@pytest.mark.parametrize("key", ["", "SG.no-key", "AAAA", ONE.public_key[:-8], _rsa()])
def test_a_key_that_is_none_is_refused_with_the_way_to_the_right_one(key: str) -> None:
    with pytest.raises(SettingsError, match="SENDGRID_WEBHOOK_PUBLIC_KEY") as caught:
        Verifier([ONE.public_key, key])
    assert "Event Webhook" in caught.value.mend
