"""Whether reports really come from SendGrid: the signature of its Event Webhook.

ECDSA with SHA-256, over the bytes of the timestamp header followed by those of the body, exactly as
they arrived; both the signature and the public key travel as Base64 of their DER form ("Event
Webhook Security Features"). Nothing here is a secret of ours, so no comparison has to take constant
time: the key is public, and the library checks the signature as a whole.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from newsletter.errors import SettingsError

SIGNATURE: Final = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP: Final = "X-Twilio-Email-Event-Webhook-Timestamp"

OLDEST: Final = timedelta(hours=25)
"""SendGrid tries for 24 hours, and nowhere says that it signs anew: a younger limit could refuse
what it tries again. A repeated report does no harm; one from long ago could, once the events of its
time are forgotten."""

AHEAD: Final = timedelta(hours=1)
"""So far the provider's clock may be ahead of ours."""

_SECONDS = re.compile(r"[0-9]{9,11}")
_LONGEST_SIGNATURE = 200


class Verdict(StrEnum):
    """What a signature says."""

    GENUINE = "genuine"
    FORGED = "forged"
    """Not signed, or not with a key that we know, or changed on its way."""
    STALE = "stale"
    """Signed with such a key, but long ago, or by a clock that is far off."""


class Verifier:
    """Knows the public keys; any of them will do, so that a change of key loses nothing.

    Raises SettingsError for a key that is none.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys = [_public_key(key) for key in keys]

    def judge(self, *, timestamp: str, signature: str, body: bytes, now: datetime) -> Verdict:
        """Looks at the two headers ("" where one is missing) and the raw body; never raises."""
        der = _decoded(signature)
        signed = timestamp.encode("utf-8", "replace") + body
        if not der or not any(_signs(key, der, signed) for key in self._keys):
            return Verdict.FORGED
        return Verdict.GENUINE if _is_timely(timestamp, now) else Verdict.STALE


def _public_key(text: str) -> ec.EllipticCurvePublicKey:
    try:
        key = load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise SettingsError(
            "SENDGRID_WEBHOOK_PUBLIC_KEY is not the public key of a signed Event Webhook.",
            "Copy it anew in SendGrid under Settings > Mail Settings > Event Webhook (Signature"
            " Verification); while you change it, write both with a comma between.",
        )
    return key


def _decoded(signature: str) -> bytes:
    if len(signature) > _LONGEST_SIGNATURE:
        return b""
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _signs(key: ec.EllipticCurvePublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _is_timely(timestamp: str, now: datetime) -> bool:
    if not _SECONDS.fullmatch(timestamp):
        return False
    age = now - datetime.fromtimestamp(int(timestamp), UTC)
    return -AHEAD <= age <= OLDEST
