"""POST /v3/mail/send, batch ids, and pausing and cancelling what is scheduled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from newsletter.standin.answers import JSON, Answer, Asked, document, failed, refused
from newsletter.standin.book import Book, Seen
from newsletter.standin.faults import Fault
from newsletter.standin.mail import Mail, mail_of, problems, read_json, scan
from newsletter.standin.rules import Rules
from newsletter.standin.shapes import Problem

NO_CREDITS = "Maximum credits exceeded"


@dataclass(frozen=True, slots=True)
class Desk:
    """What every endpoint works with: the records, the rules and the time as they are now."""

    book: Book
    rules: Rules
    now: float
    release: Callable[[], int]


def json_body(asked: Asked) -> object:
    """The document of a request, None for one that cannot be read."""
    try:
        return read_json(asked.body)
    except (ValueError, RecursionError):
        return None


def object_body(asked: Asked) -> Mapping[str, object]:
    """The object of a request, empty for one that has none."""
    found = json_body(asked)
    return found if isinstance(found, dict) else {}


def send(desk: Desk, asked: Asked, fault: Fault | None) -> Answer:
    """Accepts a mail/send request, or says why not. `fault` will befall its answer."""
    kind = asked.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON or asked.headers.get("content-encoding", "identity") != "identity":
        return failed(415)
    if desk.rules.fast:
        mail = scan(asked.body)
        return _accept(desk, asked, mail, fault) if mail else failed(400)
    payload = json_body(asked)
    found = problems(payload, now=desk.now, rules=desk.rules, known_batch=desk.book.knows_batch)
    if found:
        return refused(400, found[: desk.rules.most_errors])
    assert isinstance(payload, dict)
    if not _may_send(desk.rules, payload["from"]["email"]):
        message = "The from address does not match a verified Sender Identity."
        return refused(403, [Problem(message, "from")])
    mail = mail_of(payload)
    return Answer(200) if mail.sandbox else _accept(desk, asked, mail, fault)


def _may_send(rules: Rules, sender: str) -> bool:
    domain = sender.partition("@")[2].lower()
    return not rules.sender_domains or domain in rules.sender_domains


def _accept(desk: Desk, asked: Asked, mail: Mail, fault: Fault | None) -> Answer:
    """Writes it down for good, and only then says so."""
    if mail.batch_id and not desk.book.knows_batch(mail.batch_id):
        return refused(400, [Problem("The batch id is not valid.", "batch_id")])
    seen = Seen(
        number=asked.number,
        at=desk.now,
        method=asked.method,
        path=asked.path,
        status=told_status(fault, 202),
        fault=fault.name if fault else "",
        recipients=mail.recipients,
        body=asked.body if desk.rules.keep_bodies else None,
    )
    message_id = desk.book.accept(
        seen, mail, cancel_holds=desk.rules.cancel_holds, credits_=desk.rules.credits
    )
    if not message_id:
        return failed(401, NO_CREDITS)
    if any(lot.send_at is None or lot.send_at <= desk.now for lot in mail.lots):
        desk.release()
    return Answer(202, headers={"X-Message-Id": message_id}, noted=seen)


def told_status(fault: Fault | None, status: int) -> int:
    """What the client is told of an answer that a fault befalls; 0: nothing."""
    if fault is None or fault.kind in {"cut", "late"}:
        return status
    return int(fault.kind) if fault.kind.isdecimal() else 0


# ---- batch ids, and pausing and cancelling ------------------------------------------------------


def make_batch(desk: Desk, asked: Asked) -> Answer:
    """POST /v3/mail/batch."""
    return document(201, {"batch_id": desk.book.make_batch(asked.number, desk.now)})


def show_batch(desk: Desk, _asked: Asked, batch_id: str) -> Answer:
    """GET /v3/mail/batch/{batch_id}: whether it was created, which says nothing of its use."""
    if not desk.book.knows_batch(batch_id):
        return failed(400, "invalid batch id")
    return document(200, {"batch_id": batch_id})


def list_marks(desk: Desk, _asked: Asked) -> Answer:
    """GET /v3/user/scheduled_sends: what is paused or cancelled, and nothing else."""
    return document(200, _marks(desk.book.marks()))


def show_mark(desk: Desk, _asked: Asked, batch_id: str) -> Answer:
    """GET /v3/user/scheduled_sends/{batch_id}: a list of one or none."""
    return document(200, _marks(desk.book.marks(batch_id)))


def _marks(marks: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"batch_id": batch_id, "status": status} for batch_id, status in marks]


def mark(desk: Desk, asked: Asked) -> Answer:
    """POST /v3/user/scheduled_sends: pauses or cancels a batch that has no status yet."""
    given = object_body(asked)
    batch_id, status = str(given.get("batch_id", "")), given.get("status")
    answer = _set_mark(desk, batch_id, status, again=False)
    return answer or document(201, {"batch_id": batch_id, "status": status})


def change_mark(desk: Desk, asked: Asked, batch_id: str) -> Answer:
    """PATCH /v3/user/scheduled_sends/{batch_id}: another status for a batch that has one."""
    given = object_body(asked)
    return _set_mark(desk, batch_id, given.get("status"), again=True) or Answer(204)


def _set_mark(desk: Desk, batch_id: str, status: object, *, again: bool) -> Answer | None:
    """The refusal, or None if it is done."""
    if not desk.book.knows_batch(batch_id):
        return refused(400, [Problem("invalid batch id", "batch_id")])
    if status not in {"pause", "cancel"}:
        return refused(400, [Problem("status must be pause or cancel", "status")])
    desk.release()
    why_not = desk.book.set_mark(batch_id, str(status), desk.now, again=again)
    return refused(400, [Problem(why_not, "batch_id")]) if why_not else None


def remove_mark(desk: Desk, _asked: Asked, batch_id: str) -> Answer:
    """DELETE /v3/user/scheduled_sends/{batch_id}: takes the status back."""
    desk.release()
    if not desk.book.remove_mark(batch_id):
        return failed(404, "this batch has no status")
    return Answer(204)
