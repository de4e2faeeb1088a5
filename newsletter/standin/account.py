"""The account: lists of suppressed addresses, credits, scopes, and where events are posted."""

from __future__ import annotations

import json
from collections.abc import Mapping

from newsletter.errors import UsageError
from newsletter.standin.answers import Answer, Asked, document, failed, refused
from newsletter.standin.reports import check_receiver
from newsletter.standin.sending import Desk, object_body
from newsletter.standin.shapes import Listing, Problem, Text, is_address, problems_of
from newsletter.standin.signing import Signer
from newsletter.standin.suppressed import LISTS, Entry

MOST_ENTRIES = 500
_DAY = 86_400
_FOREVER = 2**53
_ABSENT = "this address is not on the list"


def _entry(name: str, entry: Entry) -> dict[str, object]:
    """An address as its list shows it: each list has fields of its own."""
    shown: dict[str, object] = {"created": entry.created, "email": entry.email}
    if name == "spam_reports":
        return shown | {"ip": "127.0.0.1"}
    if name == "unsubscribes":
        return shown
    shown["reason"] = entry.reason
    return shown if name == "invalid_emails" else shown | {"status": entry.status}


def list_entries(desk: Desk, asked: Asked, name: str) -> Answer:
    """GET /v3/suppression/{list}: a page of it, between two inclusive times."""
    if name not in LISTS:
        return failed(404)
    limits = {
        "start_time": (0, 0, _FOREVER),
        "end_time": (_FOREVER, 0, _FOREVER),
        "limit": (MOST_ENTRIES, 1, MOST_ENTRIES),
        "offset": (0, 0, _FOREVER),
    }
    numbers = {}
    for key, (otherwise, least, most) in limits.items():
        number = _number(asked.query.get(key), otherwise)
        if number is None or not least <= number <= most:
            return refused(400, [Problem(f"{key} must be from {least} to {most}", key)])
        numbers[key] = number
    start, end, limit, offset = numbers.values()
    page = desk.book.suppressed.entries(name, start=start, end=end, limit=limit, offset=offset)
    return document(200, [_entry(name, entry) for entry in page])


def _number(text: str | None, otherwise: int) -> int | None:
    """The number in a query; None if it is none."""
    if text is None:
        return otherwise
    return int(text) if text.isascii() and text.isdecimal() else None


def show_entry(desk: Desk, _asked: Asked, name: str, email: str) -> Answer:
    """GET /v3/suppression/{list}/{email}: a list of one or none."""
    if name not in LISTS:
        return failed(404)
    found = desk.book.suppressed.entry(name, email)
    return document(200, [_entry(name, found)] if found else [])


def delete_entries(desk: Desk, asked: Asked, name: str) -> Answer:
    """DELETE /v3/suppression/{list} with `delete_all` or a list `emails`."""
    if name not in LISTS or name == "unsubscribes":
        return failed(404)
    given = object_body(asked)
    emails = given.get("emails")
    if given.get("delete_all") is True and emails is None:
        desk.book.suppressed.remove(name, None)
    elif isinstance(emails, list) and "delete_all" not in given:
        desk.book.suppressed.remove(name, map(str, emails))
    else:
        return refused(400, [Problem("give either delete_all or emails", "emails")])
    return Answer(204)


def delete_entry(desk: Desk, _asked: Asked, name: str, email: str) -> Answer:
    """DELETE /v3/suppression/{list}/{email}."""
    if name not in LISTS or name == "unsubscribes":
        return failed(404)
    return Answer(204) if desk.book.suppressed.remove(name, [email]) else failed(404, _ABSENT)


_EMAILS = Listing(Text())


def add_global(desk: Desk, asked: Asked) -> Answer:
    """POST /v3/asm/suppressions/global: addresses that want no mail at all."""
    emails = object_body(asked).get("recipient_emails")
    found = list(problems_of(emails, _EMAILS, "recipient_emails"))
    if found or not isinstance(emails, list):
        return refused(400, found)
    wrong = [place for place, email in enumerate(emails) if not is_address(email)]
    if wrong:
        where = f"recipient_emails.{wrong[0]}"
        return refused(400, [Problem("Does not contain a valid address.", where)])
    desk.book.suppressed.add("unsubscribes", emails, desk.now)
    return document(201, {"recipient_emails": emails})


def show_global(desk: Desk, _asked: Asked, email: str) -> Answer:
    """GET /v3/asm/suppressions/global/{email}: the address, or an empty object."""
    found = desk.book.suppressed.entry("unsubscribes", email)
    return document(200, {"recipient_email": email} if found else {})


def delete_global(desk: Desk, _asked: Asked, email: str) -> Answer:
    """DELETE /v3/asm/suppressions/global/{email}: the person wants mail again."""
    if not is_address(email):
        return refused(400, [Problem("Does not contain a valid address.", "email")])
    return (
        Answer(204)
        if desk.book.suppressed.remove("unsubscribes", [email])
        else failed(404, _ABSENT)
    )


def show_credits(desk: Desk, _asked: Asked) -> Answer:
    """GET /v3/user/credits; each accepted recipient costs one, suppressed or not."""
    used = desk.book.credits_used
    total = desk.rules.credits if desk.rules.credits is not None else used + 1_000_000
    day = int(desk.now) // _DAY * _DAY
    return document(
        200,
        {"remain": max(total - used, 0), "total": total, "overage": 0, "used": used,
         "last_reset": day, "next_reset": day + 30 * _DAY, "reset_frequency": "monthly"},
    )  # fmt: skip


def show_scopes(desk: Desk, _asked: Asked) -> Answer:
    """GET /v3/scopes: what the key may do."""
    return document(200, {"scopes": list(desk.rules.scopes)})


# ---- where events are posted to ------------------------------------------------------------------

_KINDS = (
    "group_resubscribe", "delivered", "group_unsubscribe", "spam_report", "bounce", "deferred",
    "unsubscribe", "processed", "open", "click", "dropped", "account_status_change",
)  # fmt: skip
_HOOK = "stand-in-webhook"
"""The stand-in has one webhook, and this is its id."""


def webhook(desk: Desk) -> dict[str, object]:
    """The settings of the webhook."""
    kept = json.loads(desk.book.fact("webhook", "{}"))
    quiet = dict.fromkeys(_KINDS, False)
    return {"id": _HOOK, "enabled": False, "url": "", "friendly_name": "", **quiet, **kept}


def keep_webhook(desk: Desk, given: Mapping[str, object]) -> Mapping[str, object] | None:
    """Changes its settings; None, and no change, if a value has the wrong type."""
    known = webhook(desk)
    changes = {name: value for name, value in given.items() if name in known and name != "id"}
    if any(type(value) is not type(known[name]) for name, value in changes.items()):
        return None
    now = known | changes
    desk.book.keep_fact("webhook", json.dumps(now))
    return now


def _shown(desk: Desk) -> dict[str, object]:
    """With the public key, if posts are signed; other than shown in the settings, they are not."""
    signed = desk.book.fact("signed", "yes") == "yes"
    return webhook(desk) | ({"public_key": Signer(desk.rules.seed).public_key} if signed else {})


def list_webhooks(desk: Desk, _asked: Asked) -> Answer:
    """GET /v3/user/webhooks/event/settings/all."""
    return document(200, {"max_allowed": 1, "webhooks": [_shown(desk)]})


def show_webhook(desk: Desk, _asked: Asked, hook: str) -> Answer:
    """GET /v3/user/webhooks/event/settings/{id}."""
    return document(200, _shown(desk)) if hook == _HOOK else failed(404)


def change_webhook(desk: Desk, asked: Asked, hook: str) -> Answer:
    """PATCH /v3/user/webhooks/event/settings/{id}."""
    if hook != _HOOK:
        return failed(404)
    given = object_body(asked)
    try:
        if given.get("url"):
            check_receiver(str(given["url"]))
    except UsageError as error:
        return refused(400, [Problem(error.message, "url")])
    now = keep_webhook(desk, given)
    return failed(400, "a setting has the wrong type") if now is None else document(200, now)


def show_key(desk: Desk, _asked: Asked, hook: str) -> Answer:
    """GET /v3/user/webhooks/event/settings/signed/{id}: the key that posts are verified with."""
    if hook != _HOOK:
        return failed(404)
    return document(200, {"id": _HOOK, "public_key": _shown(desk).get("public_key", "")})


def toggle_key(desk: Desk, asked: Asked, hook: str) -> Answer:
    """PATCH of the same: signing on or off."""
    enabled = object_body(asked).get("enabled")
    if hook != _HOOK:
        return failed(404)
    if not isinstance(enabled, bool):
        return failed(400, "enabled must be true or false")
    desk.book.keep_fact("signed", "yes" if enabled else "no")
    return show_key(desk, asked, hook)
