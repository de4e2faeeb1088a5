"""The random tokens that personal links carry."""

from __future__ import annotations

import base64
import os

_PREFIX = 5
_RANDOM = 16
"""Octets, 128 bits: what nobody can guess. The prefix is random too, but shared."""


def new_tokens(count: int) -> list[str]:
    """`count` tokens of 28 characters that are safe in a URL, each with 128 random bits of its own.

    Those made together begin alike, so that an index takes them in side by side: a million of them
    would otherwise each touch another page. The beginning says nothing of the time or the person.
    """
    prefix = os.urandom(_PREFIX)
    noise = os.urandom(_RANDOM * count)
    return [
        base64.urlsafe_b64encode(prefix + noise[at : at + _RANDOM]).decode()
        for at in range(0, _RANDOM * count, _RANDOM)
    ]
