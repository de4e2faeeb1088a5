"""The key that reports are signed with, and the signature.

ECDSA over the curve P-256 with SHA-256, of the bytes of the timestamp header followed by those of
the body; the public key travels as Base64 of its DER form ("Event Webhook security features").
"""

from __future__ import annotations

import base64
import hashlib

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"


class Signer:
    """A key pair that follows from the seed: a stand-in has no secrets, and its runs repeat."""

    def __init__(self, seed: int) -> None:
        digest = hashlib.sha256(f"stand-in:{seed}".encode()).digest()
        self._key = ec.derive_private_key(int.from_bytes(digest[:31], "big") + 1, ec.SECP256R1())

    @property
    def public_key(self) -> str:
        """What a receiver has to be given."""
        der = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(der).decode()

    def headers(self, body: bytes, timestamp: int) -> dict[str, str]:
        """The two headers for a body that is posted at this time (seconds since 1970)."""
        signed = str(timestamp).encode() + body
        signature = self._key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return {SIGNATURE: base64.b64encode(signature).decode(), TIMESTAMP: str(timestamp)}
