"""How often one address or one network may ask: leaky buckets, decided on values alone.

A bucket takes so many drops, and runs empty evenly within a time. Who asks adds one drop; where it
would overflow, the answer is no, and nothing is added.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

HOUR: Final = timedelta(hours=1)

_V6_PREFIX: Final = 64
"""What one household or server has of IPv6: whoever has one address there has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `most` at once, and as many within each `within`."""

    most: int
    within: timedelta = HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """How full a bucket was at a time (aware)."""

    drops: float
    at: datetime


def take(before: Level | None, limit: Limit, now: datetime) -> tuple[bool, Level]:
    """Whether one more is allowed, and the bucket after it. A clock that goes back empties none."""
    if before is None:
        drops, at = 0.0, now
    else:
        at = max(now, before.at)
        drained = limit.most * ((at - before.at) / limit.within)
        drops = max(0.0, before.drops - drained)
    allowed = drops + 1 <= limit.most
    return allowed, Level(drops=drops + 1 if allowed else drops, at=at)


def network_of(text: str) -> str:
    """The network an address on the internet belongs to, as far as limits go; "" for none.

    A computer has one IPv4 address, but a whole /64 of IPv6 ones.
    """
    try:
        address: IPv4Address | IPv6Address = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if isinstance(address, IPv6Address):
        return str(ip_network((int(address), _V6_PREFIX), strict=False))
    return str(address)


def key_hash(name: str, key: str, secret: str) -> str:
    """What a bucket is known by: neither an address nor a network can be read from it."""
    return hmac.digest(secret.encode(), f"newsletter.bucket.{name}:{key}".encode(), "sha256").hex()
