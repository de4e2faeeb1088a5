"""One connection to a mail server: opened, encrypted, logged in, and used message by message.

Each step of a message is a command of its own, so that it is certain how far it got; the final dot
is written alone, after all the rest was.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import certifi

from newsletter.config.checks import is_loopback
from newsletter.delivery.transports.smtp_client import (
    Client,
    Patience,
    TlsClient,
    closed_if_interrupted,
)
from newsletter.delivery.transports.smtp_replies import Reply, Step
from newsletter.delivery.transports.smtp_trouble import NotEncrypted, no_connection

Security = Literal["auto", "starttls", "tls", "none"]

TLS_PORT = 465
"""Where a mail server is encrypted from the first byte (RFC 8314 §3.3)."""

IDLE_SECONDS = 5.0
"""A connection that was not used for longer is asked whether it is still there."""

_FINAL_DOT = b".\r\n"
_CHECK_SECONDS = 5.0
"""How long a server may take for a word about nothing."""

_LEAVE_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A mail server and how to get in. `timeout` is in seconds, for each answer; `name` is how we
    introduce ourselves: a full domain, since many servers want one.
    """

    host: str
    port: int
    name: str
    security: Security = "auto"
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 30.0

    @property
    def loopback(self) -> bool:
        """Nobody can read along on the way to it."""
        return is_loopback(self.host)

    @property
    def tls_at_once(self) -> bool:
        """Encrypted from the first byte."""
        return self.security == "tls" or (self.security == "auto" and self.port == TLS_PORT)


def starts_tls(server: Server, *, offered: bool) -> bool:
    """Whether the plain connection is to be encrypted now; `offered`: the server can.

    Raises NotEncrypted where it has to be and cannot: no login and no mail goes in clear over a
    network.
    """
    if server.security == "none" or (server.security == "auto" and not offered):
        if server.loopback:
            return False
        raise NotEncrypted(server.host, asked=server.security == "none")
    if not offered:
        raise NotEncrypted(server.host)
    return True


def tls_context(server: Server) -> ssl.SSLContext:
    """The authorities of this computer, where one of one's own may be, and the usual ones.

    A server on this very computer mostly has a certificate that was made up when it was installed;
    on the way to it there is nobody to be kept out, so by itself (`auto`) it is not asked for
    another.
    """
    if server.loopback and server.security == "auto":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context = ssl.create_default_context()
        context.load_verify_locations(certifi.where())
    return context


class Connection:
    """An open connection; for one thread at a time. Raises NoConnection when it cannot be had.

    `end` (by the monotonic `clock`) is when to give up, here and below.
    """

    def __init__(
        self, server: Server, context: ssl.SSLContext, *, clock: Callable[[], float], end: float
    ) -> None:
        self._clock = clock
        self._patience = Patience(server.timeout, clock)
        self._patience.begin(end)
        self._last = clock()
        self._client = _opened(server, context, self._patience)
        self.used = False
        """Whether a message went over it before, or tried to."""

    @property
    def is_open(self) -> bool:
        """Whether it can still be used, as far as we know."""
        return self._client.sock is not None

    @property
    def takes_utf8(self) -> bool:
        """Whether addresses may have other letters than ASCII (RFC 6531)."""
        return self._client.has_extn("smtputf8")

    def answers(self, end: float) -> bool:
        """Whether the server, asked for nothing (NOOP), is still there; else it is closed."""
        with closed_if_interrupted(self._client):
            self._patience.begin(min(end, self._clock() + _CHECK_SECONDS))
            return self._replies("NOOP")

    def is_usable(self, end: float) -> bool:
        """Whether another message can go over it; else it is closed. Something that came unasked,
        such as a 421 or an end, is seen at once; after a while of silence the server is asked.
        """
        with closed_if_interrupted(self._client):
            if not self._is_quiet():
                return False
            return self._clock() - self._last <= IDLE_SECONDS or self.answers(end)

    def hand_over(self, sender: str, recipient: str, content: bytes, *, end: float) -> Reply:
        """Hands over one message (RFC 5322, CRLF line ends); says how far it got.

        Afterwards it is ready for another one, or closed.
        """
        self.used = True
        with closed_if_interrupted(self._client):
            self._patience.begin(end)
            reply = self._steps(sender, recipient, content)
            self._last = self._clock()
            self._make_ready(reply)
        return reply

    def close(self) -> None:
        """Takes leave, if it is still open; shortly, and whatever the server says."""
        if not self.is_open:
            return
        with contextlib.suppress(OSError), closed_if_interrupted(self._client):
            self._patience.begin(self._clock() + _LEAVE_SECONDS)
            self._client.docmd("QUIT")
        self._client.close()

    def _steps(self, sender: str, recipient: str, content: bytes) -> Reply:
        step = Step.SENDER
        try:
            for step, command, argument in self._commands(sender, recipient):
                code, words = self._client.docmd(command, argument)
                good = code == 354 if step is Step.DATA else 200 <= code < 300
                if not good:
                    return _reply(step, code, words)
            step = Step.BODY
            self._client.send(dots_doubled(content))
            if self._client.has_news():  # before the end is written: it refuses, or is gone
                return _reply(step, *self._client.getreply())
            step = Step.END
            self._patience.last_step()  # who gives up here leaves a message that nobody knows of
            self._client.push(_FINAL_DOT)
            return _reply(step, *self._client.read())
        except OSError as error:
            return Reply(step=step, text=_why(error))

    def _commands(self, sender: str, recipient: str) -> list[tuple[Step, str, str]]:
        plain = sender.isascii() and recipient.isascii()
        self._client.command_encoding = "ascii" if plain else "utf-8"
        options = "" if plain else " SMTPUTF8 BODY=8BITMIME"
        return [
            (Step.SENDER, "MAIL", f"FROM:<{sender}>{options}"),
            (Step.RECIPIENT, "RCPT", f"TO:<{recipient}>"),
            (Step.DATA, "DATA", ""),
        ]

    def _make_ready(self, reply: Reply) -> None:
        """After a refusal the server is told to forget what it was told."""
        if not reply.keeps:
            self._client.close()
        elif not reply.taken:
            self._patience.begin(self._clock() + _CHECK_SECONDS)
            self._replies("RSET")

    def _is_quiet(self) -> bool:
        with contextlib.suppress(OSError):
            if self.is_open and not self._client.has_news():
                return True
        self._client.close()
        return False

    def _replies(self, command: str) -> bool:
        with contextlib.suppress(OSError):
            if self._client.docmd(command)[0] == 250:
                return True
        self._client.close()
        return False


def dots_doubled(content: bytes) -> bytes:
    """The message with a second dot where a line begins with one (RFC 5321 §4.5.2), and a line end
    at its end, which the final dot needs before it.
    """
    doubled = content.replace(b"\r\n.", b"\r\n..")
    if doubled.startswith(b"."):
        doubled = b"." + doubled
    return doubled if doubled.endswith(b"\r\n") else doubled + b"\r\n"


def _opened(server: Server, context: ssl.SSLContext, patience: Patience) -> Client:
    """A client that is ready for the first message."""
    if server.security == "none" and not server.loopback:
        raise NotEncrypted(server.host, asked=True)
    try:
        client = _connected(server, context, patience)
        with closed_if_interrupted(client):
            client.hurry()
            _introduce(client, server, context)
    except (OSError, ValueError) as error:  # a host that is none is a ValueError
        raise no_connection(server.host, server.port, error) from None
    return client


def _introduce(client: Client, server: Server, context: ssl.SSLContext) -> None:
    _say_hello(client)
    offered = client.has_extn("starttls")
    if not server.tls_at_once and starts_tls(server, offered=offered):
        client.starttls(context=context)
        _say_hello(client)
    if server.user:
        _log_in(client, server)


def _say_hello(client: Client) -> None:
    code, words = client.ehlo()
    if 500 <= code < 600:  # a server from before 1995
        code, words = client.helo()
    if not 200 <= code < 300:
        raise smtplib.SMTPHeloError(code, words)


def _connected(server: Server, context: ssl.SSLContext, patience: Patience) -> Client:
    if server.tls_at_once:
        return TlsClient(
            server.host, server.port, name=server.name, patience=patience, context=context
        )
    return Client(server.host, server.port, name=server.name, patience=patience)


def _log_in(client: Client, server: Server) -> None:
    """By whatever both know; smtplib has ASCII only, and PLAIN is UTF-8 (RFC 4616 §2)."""
    try:
        if server.user.isascii() and server.password.isascii():
            client.login(server.user, server.password)
            return
    finally:
        client.user = client.password = ""
    if not client.has_extn("auth"):
        raise smtplib.SMTPNotSupportedError("no login")
    token = b64encode(f"\0{server.user}\0{server.password}".encode()).decode()
    code, words = client.docmd("AUTH", f"PLAIN {token}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, words)


def _reply(step: Step, code: int, words: bytes) -> Reply:
    return Reply(step=step, code=max(code, 0), text=words.decode("utf-8", "replace"))


def _why(error: OSError) -> str:
    """What smtplib has found, which calls every end a disconnection."""
    cause = error.__context__ if isinstance(error, smtplib.SMTPServerDisconnected) else error
    return "no answer in time" if isinstance(cause, TimeoutError) else "the connection broke"
