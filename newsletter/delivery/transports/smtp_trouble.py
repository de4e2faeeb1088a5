"""Why there is no connection to a mail server, in words, and what to do about it."""

from __future__ import annotations

import smtplib
import socket
import ssl

from newsletter.delivery.transports.smtp_replies import LOGIN_MEND, Reply, Step, reason, shown
from newsletter.errors import TransportError

_MEND = "Check [delivery.smtp] host and port, and whether the mail server runs; then try again."
_SLOW_MEND = (
    "Check [delivery.smtp] host and port; many networks let nothing out to port 25, and port 465"
    ' needs security = "tls" or "auto".'
)
_TLS_MEND = (
    "Check [delivery.smtp] port and security: port 465 is encrypted at once, 587 and 25 are by"
    " STARTTLS."
)
_CERTIFICATE_MEND = (
    "Write [delivery.smtp] host as its certificate has it, or have the certificate renewed."
)
_NO_LOGIN_MEND = (
    "Check [delivery.smtp] port (587 or 465 for those who log in), or take `user` away if the mail"
    " server lets you send without a login."
)


class NoConnection(TransportError):
    """A mail server cannot be used. `stop`: not before somebody has mended something."""

    def __init__(self, message: str, mend: str, *, stop: bool = False) -> None:
        super().__init__(message, mend)
        self.stop = stop


class NotEncrypted(NoConnection):
    """Mails would go over a network for everybody to read. `asked`: the settings want it so."""

    def __init__(self, host: str, *, asked: bool = False) -> None:
        found = f"The mail server {host} offers no encryption, and nothing is sent in clear."
        wanted = f"Nothing is sent to {host} without encryption: it is not on this computer."
        mend = "Use port 465 or 587 of a mail server that offers TLS or STARTTLS."
        if asked:
            mend = 'Set [delivery.smtp] security = "auto".'
        super().__init__(wanted if asked else found, mend, stop=True)


def no_connection(host: str, port: int, error: OSError | ValueError) -> NoConnection:
    """What an exception while connecting, encrypting or logging in says."""
    cause = error.__context__ if isinstance(error, smtplib.SMTPServerDisconnected) else error
    server = f"The mail server {host}:{port}"
    match cause:
        case smtplib.SMTPAuthenticationError():
            return _no_login(server, cause)
        case smtplib.SMTPResponseException():
            said = f"{cause.smtp_code} {shown(_text(cause))}".strip()
            return NoConnection(f"{server} does not want us now ({said}).", _MEND)
        case smtplib.SMTPException():  # no login, or none that both know
            return NoConnection(f"{server} offers no login that fits.", _NO_LOGIN_MEND, stop=True)
        case ssl.SSLError():
            return _no_encryption(server, cause)
    found, mend = _network(host, cause)
    return NoConnection(f"{server} {found}.", mend)


def _no_login(server: str, error: smtplib.SMTPAuthenticationError) -> NoConnection:
    """Its words are left out: who knows whether it repeats what it was told."""
    code = error.smtp_code
    reply = Reply(step=Step.SENDER, code=code, text=_text(error))
    found = f"{server} does not accept the login ({reason(reply)})."
    return NoConnection(found, LOGIN_MEND, stop=code >= 500)


def _no_encryption(server: str, error: ssl.SSLError) -> NoConnection:
    if isinstance(error, ssl.SSLCertVerificationError):
        found = f"{server} has a certificate that is not valid: {error.verify_message}."
        return NoConnection(found, _CERTIFICATE_MEND)
    return NoConnection(f"{server} and we found no encryption in common.", _TLS_MEND)


def _network(host: str, cause: BaseException | None) -> tuple[str, str]:
    """What the network says, and the mend."""
    match cause:
        case TimeoutError():
            return "did not answer in time", _SLOW_MEND
        case socket.gaierror() | UnicodeError():
            return f"cannot be reached: nobody knows a host {host}", _MEND
        case ConnectionRefusedError():
            return "cannot be reached: connection refused", _MEND
        case ConnectionError() | None:
            return "ended the connection", _TLS_MEND
        case OSError() if cause.strerror:
            return f"cannot be reached: {cause.strerror}", _MEND
    return f"cannot be used ({type(cause).__name__})", _MEND


def _text(error: smtplib.SMTPResponseException) -> str:
    raw = error.smtp_error
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
