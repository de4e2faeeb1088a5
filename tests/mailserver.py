"""Real mail servers on loopback: one that keeps what it is given, and one that fails as it is told.

The first is aiosmtpd, which knows the protocol independently of us. The second says to each step
what a test wants it to say, or breaks off there.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import socketserver
import ssl
import struct
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from newsletter.delivery.message import Envelope
from newsletter.delivery.transports.contract import Mail
from newsletter.model.delivery import Recipient
from newsletter.model.edition import Form, Rendered, Tags

ELSEWHERE = "127.1"
"""A spelling of this computer's address that nobody but the system's resolver knows as such: it
stands for a mail server in another place.
"""

PASSWORD = "pass-wörd-7e7e"

_NONCE = "0123abcd0123abcd"
_TAGS = Tags.of(_NONCE)
MAIL = Mail(
    edition_key="2026-W47",
    envelope=Envelope(
        sender_name="Morgan Hale",
        sender_address="news@blog.example.org",
        reply_to="",
        title="A Slow Kind of Luck",
        language="en",
    ),
    rendered=Rendered(
        key="all",
        form=Form.NORMAL,
        subject="A trial has news",
        mjml="",
        html=f'<p>Größe</p>\n.\n..two\n<a href="{_TAGS.unsubscribe_html}">Leave</a>\n',
        text=f".\n..two\nGröße\n.{_TAGS.unsubscribe_text}\n",
        checksum="",
    ),
    tags=_TAGS,
    nonce=_NONCE,
    public_url="https://news.example.org",
)


def person(number: int = 1, address: str = "") -> Recipient:
    """Somebody on the list."""
    return Recipient(
        delivery_id=f"id{number}",
        subscriber_id=number,
        address=address or f"reader{number}@clinic.example.org",
        name="",
        token=f"token{number}",
    )


def parsed(raw: bytes) -> EmailMessage:
    """A message as a mail program reads it."""
    found = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(raw)
    assert isinstance(found, EmailMessage)
    return found


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """A message that a server took: its envelope, its bytes, and how it came."""

    sender: str
    recipients: list[str]
    raw: bytes
    encrypted: bool
    user: str | None
    name: str


@dataclass(kw_only=True)
class Sink:
    """A mail server that takes everything, but for the `unknown` addresses."""

    port: int = 0
    arrived: list[Arrived] = field(default_factory=list)
    connections: int = 0
    unknown: set[str] = field(default_factory=set)
    stop: Callable[[], object] = list

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Refuses unknown addresses."""
        if address in self.unknown:
            return f"550 5.1.1 <{address}>: nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Keeps the message."""
        login = session.auth_data
        message = Arrived(
            sender=envelope.mail_from,
            recipients=list(envelope.rcpt_tos),
            raw=envelope.original_content,
            encrypted=server.transport.get_extra_info("ssl_object") is not None,
            user=login.login.decode() if login else None,
            name=session.host_name,
        )
        self.arrived.append(message)
        return "250 2.0.0 OK"


@contextlib.contextmanager
def sink(
    *,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    user: str = "",
    utf8: bool = False,
) -> Iterator[Sink]:
    """A mail server on a free port; with `user` only that one, with PASSWORD, may send."""
    kept = Sink()

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> Any:
        assert isinstance(data, LoginPassword)
        fits = (data.login.decode(), data.password.decode()) == (user, PASSWORD)
        return AuthResult(success=fits, handled=False, auth_data=data)

    def connected() -> SMTP:
        kept.connections += 1
        return SMTP(
            kept,
            hostname="mail.example.org",
            ident="sink",
            enable_SMTPUTF8=utf8,
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=check if user else None,
            auth_required=bool(user),
            loop=asyncio.get_running_loop(),
        )

    async def serve() -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        server = await loop.create_server(connected, "127.0.0.1", 0, ssl=tls)
        kept.port = server.sockets[0].getsockname()[1]
        kept.stop = lambda: loop.call_soon_threadsafe(stop.set)
        ready.set()
        await stop.wait()
        server.close()

    ready = threading.Event()
    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield kept
    finally:
        kept.stop()
        thread.join()


# ---- a server that fails -----------------------------------------------------------------------

USUAL = {
    "HELLO": "220 mail.example.org",
    "EHLO": "250-mail.example.org\r\n250 ENHANCEDSTATUSCODES",
    "HELO": "250 mail.example.org",
    "STARTTLS": "220 2.0.0 go on",
    "MAIL": "250 2.1.0 OK",
    "RCPT": "250 2.1.5 OK",
    "DATA": "354 go on",
    "END": "250 2.0.0 taken",
    "RSET": "250 2.0.0 OK",
    "NOOP": "250 2.0.0 OK",
    "QUIT": "221 2.0.0 bye",
}


@dataclass(frozen=True, kw_only=True)
class Say:
    """What happens at a step: a reply (or the first part of one, without a line end, if `cut`),
    and then perhaps an end of the connection. `drip`: a byte at a time, so many seconds apart.
    """

    text: str = ""
    close: bool = False
    reset: bool = False
    hang: bool = False
    cut: bool = False
    drip: float = 0


class Failing:
    """A mail server that does at the n-th time of a step what `script[step][n]` says; else what is
    usual. Steps are HELLO, the commands, BODY (some of a message has come) and END (its final dot).
    """

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self.port = 0
        self.tls = tls
        self.script: dict[str, deque[Say | None]] = defaultdict(deque)
        self.commands: list[str] = []
        self.taken: list[bytes] = []
        self.connections = 0
        self.closing = threading.Event()

    def plan(self, step: str, *says: Say | str | None) -> None:
        """What to do at the next times of a step; a text is a reply, None the usual one."""
        self.script[step].extend(Say(text=say) if isinstance(say, str) else say for say in says)

    def next(self, step: str) -> Say | None:
        """What was planned for this time, if anything."""
        planned = self.script[step]
        found = planned.popleft() if planned else None
        return found or (Say(text=USUAL[step]) if step in USUAL else None)


class _Ended(Exception):
    """The connection is over."""


class _Handler(socketserver.StreamRequestHandler):
    mail: Failing

    def handle(self) -> None:
        self.mail.connections += 1
        with contextlib.suppress(_Ended, OSError):
            self._do("HELLO")
            while line := self.rfile.readline():
                self._command(line.decode().strip())

    def finish(self) -> None:
        super().finish()
        self.request.close()  # the encrypted one, which its server does not know of

    def _command(self, line: str) -> None:
        self.mail.commands.append(line)
        step = line.partition(" ")[0].upper()
        said = self._do(step)
        if said.startswith("354"):
            self._message()
        if said.startswith("220") and self.mail.tls:
            self._encrypt(self.mail.tls)
        if step == "QUIT":
            raise _Ended

    def _encrypt(self, tls: ssl.SSLContext) -> None:
        self.request = tls.wrap_socket(self.request, server_side=True)
        self.setup()

    def _message(self) -> None:
        lines = [self.rfile.readline()]
        self._do("BODY")
        while lines[-1] != b".\r\n":
            if not (line := self.rfile.readline()):
                raise _Ended
            lines.append(line)
        if self._do("END").startswith("250"):
            self.mail.taken.append(b"".join(lines[:-1]))

    def _do(self, step: str) -> str:
        say = self.mail.next(step)
        if say is None:
            return ""
        text = say.text if say.cut or not say.text else f"{say.text}\r\n"
        for piece in [text[i : i + 1] for i in range(len(text))] if say.drip else [text]:
            self.wfile.write(piece.encode())
            if say.drip and self.mail.closing.wait(say.drip):
                raise _Ended
        if say.hang:
            self.mail.closing.wait(30)
        if say.reset:
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.request.close()
        if say.close or say.reset or say.hang:
            raise _Ended
        return say.text


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def server_bind(self) -> None:
        """With little room, so that it takes a while to write a big message."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        super().server_bind()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no news."""


@contextlib.contextmanager
def failing(tls: ssl.SSLContext | None = None) -> Iterator[Failing]:
    """Such a server on a free port, stopped at the end; it offers STARTTLS if a test lets it."""
    mail = Failing(tls)
    handler = type("Handler", (_Handler,), {"mail": mail})
    with _Server(("127.0.0.1", 0), handler) as server:
        mail.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield mail
        finally:
            mail.closing.set()
            server.shutdown()
            thread.join()
