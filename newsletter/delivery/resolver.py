"""Asks the domain name system; dnspython is used here only.

A question that gets no answer is a value, not an exception: the examination goes on without it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

import dns.exception
import dns.rdtypes.ANY.TXT
import dns.resolver

from newsletter.errors import UsageError

SECONDS = 4.0
"""How long all servers together may take for one question."""

_PORT = 53


@dataclass(frozen=True, slots=True)
class Answered:
    """The records of one name and kind as text; `failure` says why the question got no answer.

    A name that does not exist (`unknown`) has no records, which is an answer.
    """

    records: tuple[str, ...] = ()
    failure: str = ""
    unknown: bool = False


Ask = Callable[[str, str], Answered]
"""Asks for a name and a kind of record: TXT, MX (`10 mail.example.org`), CNAME, A or AAAA."""


def resolver(nameserver: str = "", *, seconds: float = SECONDS) -> Ask:
    """A way to ask this computer's resolver, or `nameserver` (`ADDRESS` or `ADDRESS:PORT`).

    `seconds` is the limit for one question. Raises UsageError for a server that is no IP address.
    """
    try:
        asking = dns.resolver.Resolver(configure=not nameserver)
    except dns.exception.DNSException:
        return lambda _name, _kind: Answered(failure="this computer has no name server set up")
    if nameserver:
        asking.nameservers, asking.port = _server(nameserver)
    asking.lifetime = seconds

    def ask(name: str, kind: str) -> Answered:
        return _asked(asking, name, kind)

    return ask


def _server(given: str) -> tuple[list[str | dns.nameserver.Nameserver], int]:
    """The address and port of `ADDRESS`, `ADDRESS:PORT` or `[ADDRESS]:PORT`."""
    host, _, port = given.rpartition(":") if _has_port(given) else (given, "", str(_PORT))
    try:
        address = ip_address(host.strip("[]"))
        number = int(port)
    except ValueError:
        address, number = None, 0
    if address is None or not 0 < number < 65_536:
        raise UsageError(
            f"{given!r} is not the address of a name server.",
            "Write its IP address, with a port if need be: 9.9.9.9 or 127.0.0.1:5353.",
        )
    return [str(address)], number


def _has_port(given: str) -> bool:
    return "]:" in given or given.count(":") == 1


def _asked(asking: dns.resolver.Resolver, name: str, kind: str) -> Answered:
    """Absolute names only, so that no search list of this computer is tried behind them."""
    try:
        found = asking.resolve(name.rstrip(".") + ".", kind, search=False)
    except dns.resolver.NXDOMAIN:
        return Answered(unknown=True)
    except dns.resolver.NoAnswer:
        return Answered()
    except dns.resolver.LifetimeTimeout:
        return Answered(failure="no answer in time")
    except dns.resolver.NoNameservers:
        return Answered(failure="the name server could not answer")
    except (dns.exception.DNSException, OSError, UnicodeError) as error:
        return Answered(failure=f"{type(error).__name__}")
    return Answered(tuple(_text(record) for record in found))


def _text(record: object) -> str:
    """A record as text; the strings of a TXT record belong together (RFC 7208 §3.3)."""
    if isinstance(record, dns.rdtypes.ANY.TXT.TXT):
        return b"".join(record.strings).decode("utf-8", "replace")
    return str(record)
