"""Links that are mailed for one purpose: signed, so that only what we made is looked up at all.

What they carry is a random number that stands in the table of requests, where it expires and is
used up. Links in editions are no such links: they carry the person's lasting token (`token`).
"""

from __future__ import annotations

import base64
import hashlib
import os
from typing import Final

from itsdangerous import BadSignature, Signer

from subscribers.address import current_secret
from subscribers.model import Purpose

_LONGEST: Final = 200
"""Characters; ours have about 70."""


def new_nonce() -> str:
    """128 random bits, safe in a URL."""
    return base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")


def signed(nonce: str, purpose: Purpose, secrets: tuple[str, ...]) -> str:
    """The token for a link of this purpose. Raises SecretKeyError without a secret key."""
    current_secret(secrets)
    return _signer(purpose, secrets).sign(nonce).decode()


def opened(token: str, purpose: Purpose, secrets: tuple[str, ...]) -> str | None:
    """The nonce of a token that was made here for this purpose, under any of the secret keys."""
    current_secret(secrets)
    if len(token) > _LONGEST or not token.isascii():
        return None
    try:
        return _signer(purpose, secrets).unsign(token).decode()
    except BadSignature:
        return None


def _signer(purpose: Purpose, secrets: tuple[str, ...]) -> Signer:
    """Signs with the first of our keys; the library wants the current one last."""
    keys = [secret for secret in reversed(secrets) if secret]
    return Signer(keys, salt=f"newsletter.{purpose.value}", digest_method=hashlib.sha256)
