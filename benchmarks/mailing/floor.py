"""The least that any program would have to do for a delivery that a send has just made.

    python floor.py URL PROVIDER

The same JSON bodies are built and posted over one connection that is kept alive, one after the
other, with the constant part serialised once and nothing escaped; their recipients are read before
the clock starts. Then the same rows of the ledger are inserted by one `INSERT … SELECT` into the
emptied table, and moved by one `UPDATE`, with the same indexes and as durable. Says the seconds of
each.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, text

from benchmarks.mailing.listing import NONCE, rendered
from newsletter.delivery.message import Envelope
from newsletter.delivery.transports.contract import Mail
from newsletter.delivery.transports.sendgrid_body import RequestTemplate
from newsletter.model.delivery import Recipient
from newsletter.model.edition import Tags
from newsletter.standin.rules import KEY
from newsletter.store.engine import Database, open_database

_HEADERS = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
_START = '{"personalizations":['
_BATCHES = "SELECT id, number FROM batch WHERE state = 'accepted' ORDER BY number"
_PEOPLE = """
SELECT d.id, p.address, p.token FROM delivery d JOIN subscriber_person p ON p.id = d.subscriber_id
WHERE d.edition_id = 1 AND d.batch_number = :number ORDER BY d.subscriber_id
"""
_COPY = """
CREATE TABLE planned_rows AS
SELECT edition_id, subscriber_id, id, batch_number, 'planned' AS state, reason FROM delivery
"""
_INSERT = """
INSERT INTO delivery (edition_id, subscriber_id, id, batch_number, state, reason)
SELECT * FROM planned_rows ORDER BY edition_id, subscriber_id
"""
_UPDATE = "UPDATE delivery SET state = 'accepted' WHERE edition_id = 1 AND state = 'planned'"

People = Sequence[Any]
"""Rows of a delivery's id, the address and the token."""


class Body:
    """The product's body, cut where the personal parts are."""

    def __init__(self) -> None:
        self._made = RequestTemplate(_mail())
        recipients = [_recipient("<id>", "<address>", "<token>")]
        whole = self._made.body(recipients, attempt=1).decode()
        rest = self._made.body([], attempt=1).decode().removeprefix(_START)
        self._rest = rest.encode()
        person = whole.removeprefix(_START).removesuffix(rest).replace("%", "%%")
        for name, mark in (("id", "<id>"), ("address", "<address>"), ("token", "<token>")):
            person = person.replace(mark, f"%({name})s").replace(_escaped(mark), f"%({name})s")
        self._person = person

    def of(self, people: People) -> bytes:
        """The body of one request."""
        person = self._person
        filled = ",".join(
            [person % {"id": row[0], "address": row[1], "token": row[2]} for row in people]
        )
        return f"{_START}{filled}".encode("ascii") + self._rest

    def check(self, people: People) -> None:
        """Nothing is measured against a body that is another one."""
        recipients = [_recipient(row.id, row.address, row.token) for row in people]
        if self.of(people) != self._made.body(recipients, attempt=1):
            raise SystemExit("the floor posts other bodies than the newsletter does")


def _escaped(mark: str) -> str:
    return mark.replace("<", "&lt;").replace(">", "&gt;")


def _recipient(delivery_id: str, address: str, token: str) -> Recipient:
    return Recipient(
        delivery_id=delivery_id, subscriber_id=1, address=address, name="", token=token
    )


def _mail() -> Mail:
    envelope = Envelope(
        sender_name="A Newsletter",
        sender_address="news@example.org",
        reply_to="",
        title="A newsletter",
        language="en",
    )
    return Mail(
        edition_key="2026-W47",
        envelope=envelope,
        rendered=rendered(),
        tags=Tags.of(NONCE),
        nonce=NONCE,
        public_url="https://news.example.org",
    )


def posting(database: Database, host: str) -> float:
    """Seconds of building and posting everything; reading is not counted."""
    body, seconds = Body(), 0.0
    connection = http.client.HTTPConnection(host)
    with database.read() as reading:
        for people in _batches(reading):
            if not seconds:
                body.check(people)
            begin = time.perf_counter()
            connection.request("POST", "/v3/mail/send", body.of(people), _HEADERS)
            response = connection.getresponse()
            response.read()
            seconds += time.perf_counter() - begin
            if response.status != 202:
                raise SystemExit(f"a request was answered with {response.status}")
    connection.close()
    return seconds


def _batches(connection: Connection) -> Iterator[People]:
    for batch in connection.execute(text(_BATCHES)).all():
        yield connection.execute(text(_PEOPLE), {"number": batch.number}).all()


def ledger(database: Database) -> tuple[float, float]:
    """Seconds of the bare INSERT and of the bare UPDATE, commit included."""
    with database.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS planned_rows"))
        connection.execute(text(_COPY))
        clear = "DELETE FROM delivery" if database.is_sqlite else "TRUNCATE delivery"
        connection.execute(text(clear))
    return _timed(database, _INSERT), _timed(database, _UPDATE)


def _timed(database: Database, statement: str) -> float:
    begin = time.perf_counter()
    with database.begin() as connection:
        connection.execute(text(statement))
    return time.perf_counter() - begin


def main() -> None:
    """Does it, and says how long it took."""
    database, host = open_database(sys.argv[1]), sys.argv[2].removeprefix("http://")
    try:
        seconds = posting(database, host)
        insert, update = ledger(database)
    finally:
        database.close()
    print(json.dumps({"post": seconds, "insert": insert, "update": update}))


if __name__ == "__main__":
    main()
