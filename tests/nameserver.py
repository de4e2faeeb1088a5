"""A small real name server on loopback, which answers from a table."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Name (without the last dot) to kind to records, as a zone file writes them."""


@dataclass
class NameServer:
    """A running server. `asked` is what was asked, as `name KIND`; `zone` may be changed."""

    address: str
    zone: dict[str, dict[str, tuple[str, ...]]]
    broken: bool = False
    asked: list[str] = field(default_factory=list)

    def answer(self, wire: bytes) -> bytes:
        """The answer to a question, aliases followed."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True).lower(), question.rdtype
        self.asked.append(f"{name} {dns.rdatatype.to_text(kind)}")
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if self.broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif not self._fill(answer, name, dns.rdatatype.to_text(kind)):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer.to_wire()

    def _fill(self, answer: dns.message.Message, name: str, kind: str) -> bool:
        there = self.zone.get(name)
        if there is None:
            return False
        for found in (kind, "CNAME"):
            if found in there:
                answer.answer.append(
                    dns.rrset.from_text(f"{name}.", 60, "IN", found, *there[found])
                )
                if found != kind:
                    self._fill(answer, there[found][0].rstrip("."), kind)
                break
        return True


@contextmanager
def answering(zone: Zone) -> Iterator[NameServer]:
    """A server on a free port of 127.0.0.1, until the block is left."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            wire, port = self.request
            port.sendto(running.answer(wire), self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler) as server:
        address = f"127.0.0.1:{server.server_address[1]}"
        running = NameServer(address, {name: dict(kinds) for name, kinds in zone.items()})
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield running
        finally:
            server.shutdown()
            thread.join()
