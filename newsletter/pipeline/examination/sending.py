"""The way out: the records of the sender's domain, the account at SendGrid, the mail server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from newsletter.config.checks import mailbox
from newsletter.delivery import dns
from newsletter.delivery.transports.sendgrid_account import SEND, UNDO, Account, Credits
from newsletter.delivery.transports.smtp import Smtp
from newsletter.errors import SettingsError, TransportError
from newsletter.model.remark import Remark, fine, grave, problem, warning
from newsletter.pipeline.examination.storage import active_people
from newsletter.pipeline.examination.surroundings import Surroundings
from newsletter.pipeline.mailserver import mail_server_of

MOST_SECONDS = 15.0
"""How long SendGrid or a mail server is waited for, if the settings do not say less."""

_SCOPE_MEND = "Edit the key in SendGrid under Settings > API Keys, or make a new one, with: "


def domain(around: Surroundings) -> Iterator[Remark]:
    """Whether the sender's domain says that its mails are genuine, and takes answers."""
    given = around.settings.newsletter
    sender = dns.Sender(
        domain=_domain(given.sender),
        provider=around.transport,
        report_to=mailbox(given.reply_address)[1],
        selector=around.dkim_selector,
    )
    if dns.is_reserved(sender.domain):
        found = f"{sender.domain} is for examples, or for this computer only; nothing was asked."
        yield (problem("domain", found, "Set `sender` to an address of your own domain.")
               if around.real else fine("domain", found))  # fmt: skip
        return
    yield from dns.examine(sender, around.ask)
    answers_to = _domain(given.reply_address)
    if answers_to != sender.domain and not dns.is_reserved(answers_to):
        yield dns.mail_exchange(answers_to, around.ask, real=around.real)


def _domain(line: str) -> str:
    return mailbox(line)[1].rpartition("@")[2].lower()


def account(around: Surroundings) -> Iterator[Remark]:
    """Whether SendGrid takes the key, what it allows, and whether the credits are enough."""
    key = around.settings.secrets.sendgrid_api_key
    if key is None or not key.get_secret_value():
        mend = "Make one in SendGrid under Settings > API Keys, and put it into .env."
        yield problem("sendgrid", "SENDGRID_API_KEY is not set.", mend)
        return
    try:
        asked = _account(around, key.get_secret_value())
        yield from _scopes(around, asked.scopes())
        yield _credits(asked.credits(), active_people(around))
    except TransportError as error:
        yield problem("sendgrid", error.message, error.mend)


def mail_server(around: Surroundings) -> Iterator[Remark]:
    """Whether the mail server answers, encrypted where it has to be, and takes the login."""
    try:
        server = mail_server_of(around.settings)
        patient = replace(server, timeout=min(server.timeout, MOST_SECONDS))
        Smtp(patient, clock=time.monotonic).condition()
    except (SettingsError, TransportError) as error:
        yield problem("smtp", error.message, error.mend)
        return
    door = "takes the login" if server.user else "lets us in without a login"
    yield fine("smtp", f"The mail server {server.host}:{server.port} answers, and {door}.")


def _account(around: Surroundings, key: str) -> Account:
    given = around.settings.delivery.sendgrid
    return Account(
        key,
        base_url=given.base_url,
        timeout=min(given.timeout_seconds, MOST_SECONDS),
        proxy=around.proxy,
    )


def _scopes(around: Surroundings, scopes: frozenset[str]) -> Iterator[Remark]:
    if SEND not in scopes:
        found = f"SendGrid takes the key, but it may not send ({SEND} is missing)."
        yield problem("sendgrid", found, f"{_SCOPE_MEND}Mail Send.")
    else:
        yield fine("sendgrid", f"SendGrid takes the key, and it may send ({SEND}).")
    undo = [scope for scope in UNDO if scope not in scopes]
    if undo and around.settings.delivery.undo_minutes:
        found = f"A send could not be taken back; the key lacks {', '.join(undo)}."
        mend = f"{_SCOPE_MEND}Mail Send, and User Account > Scheduled Sends; or undo_minutes = 0."
        yield problem("sendgrid", found, mend)
    if "suppression.read" not in scopes:
        own = around.settings.delivery.unsubscribe == "own"
        found = "The key may not read who bounced, complained or unsubscribed (suppression.read)."
        yield grave("sendgrid", found, f"{_SCOPE_MEND}Suppressions.", real=not own)


def _credits(credits_: Credits | None, active: int | None) -> Remark:
    if credits_ is None:
        mend = f"{_SCOPE_MEND}Billing, or look at the account's page yourself."
        return warning("sendgrid", "The key may not see how many mails are left.", mend)
    found = f"{credits_.remain:,} of {credits_.total:,} mails are left"
    if active is None:
        return fine("sendgrid", f"{found}.")
    if credits_.remain < active:
        more = f"{found}, but there are {active:,} active subscribers."
        return problem("sendgrid", more, "Choose a larger plan before the next edition.")
    return fine("sendgrid", f"{found}, for {active:,} active subscribers.")
