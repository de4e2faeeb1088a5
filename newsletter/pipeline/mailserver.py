"""The mail server that the settings name, for sending and for examining it."""

from __future__ import annotations

from newsletter.config import Settings
from newsletter.delivery.transports.smtp_connection import Server
from newsletter.errors import SettingsError


def mail_server_of(settings: Settings) -> Server:
    """The mail server, and how to get in. Raises SettingsError when there is no password to a user.

    We introduce ourselves with the sender's domain: many servers want a full name, and that of the
    computer is nobody's business.
    """
    given, password = settings.delivery.smtp, settings.secrets.smtp_password
    word = password.get_secret_value() if password else ""
    if given.user and not word:
        raise SettingsError(
            "[delivery.smtp] user is set, and NEWSLETTER_SMTP_PASSWORD is not.",
            "Put the mail server's password into .env as NEWSLETTER_SMTP_PASSWORD=…, or take `user`"
            " away if it wants no login.",
        )
    return Server(
        host=given.host,
        port=given.port,
        security=given.security,
        user=given.user,
        password=word,
        timeout=given.timeout_seconds,
        name=settings.newsletter.sender_address.rpartition("@")[2],
    )
