"""Links that are mailed for one purpose: signed, so that only what we made is looked up at all.

What they carry is a random number that stands in the table of requests, where it expires and is
used up. Links in editions are no such links: they carry the person's lasting token (`token`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from typing import Final

from itsdangerous import Signer

from subscribers.address import current_secret
from subscribers.model import Purpose

_LONGEST: Final = 200
"""Characters; ours have about 70."""


def new_nonce() -> str:
    """128 random bits, safe in a URL."""
    return base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")


def signed(nonce: str, purpose: Purpose, secrets: tuple[str, ...]) -> str:
    """The token for a link of this purpose. Raises SecretKeyError without a secret key."""
    return _signer(purpose, current_secret(secrets)).sign(nonce).decode()


def opened(token: str, purpose: Purpose, secrets: tuple[str, ...]) -> str | None:
    """The nonce of a token that was made here for this purpose, under any of the secret keys.

    The token is compared as a whole with ours: reading its signature (`Signer.unsign`) would also
    take one with another last letter, as Base64 leaves two bits of it without a meaning.
    """
    current_secret(secrets)
    if len(token) > _LONGEST or not token.isascii():
        return None
    nonce = token.rpartition(".")[0]
    ours = [_signer(purpose, secret).sign(nonce).decode() for secret in secrets if secret]
    same = [hmac.compare_digest(token, each) for each in ours]
    return nonce if any(same) else None


def _signer(purpose: Purpose, secret: str) -> Signer:
    return Signer(secret, salt=f"newsletter.{purpose.value}", digest_method=hashlib.sha256)
