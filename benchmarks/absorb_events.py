"""How long reported events take to absorb, as a multiple of a bare upsert of the same rows.

For each of `--people` two events (processed, delivered) arrive in disorder, every tenth of them
twice, as decoded JSON. They are absorbed as a webhook or a run does it: normalised, compared with
the ledger, kept, and people barred. The floor is `executemany` of the upsert alone, with the values
ready for the driver, into the same emptied table and in transactions of the same size.

Runs on a new SQLite file, or with `--url` on an empty PostgreSQL database.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from newsletter.events.normalise import normalise_all
from newsletter.pipeline.absorb import BLOCK, absorb
from newsletter.store.engine import Database, open_database
from newsletter.store.schema import upgrade
from newsletter.store.tables import batch, delivery, edition
from subscribers.store.bulk import to_driver
from subscribers.store.tables import person

TARGET = 8.0
NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
BATCH_SIZE = 1000
_UPSERT = (
    "INSERT INTO event (delivery_id, attempt, kind, at, reason) VALUES ({marks})"
    " ON CONFLICT (delivery_id, attempt, kind) DO UPDATE"
    " SET at = excluded.at, reason = excluded.reason"
    " WHERE (excluded.at, excluded.reason) > (event.at, event.reason)"
)


def fill(database: Database, people: int) -> None:
    """An edition that was handed over to so many people."""
    with database.begin() as connection:
        connection.execute(
            insert(edition).values(
                id=1,
                key="2026-W47",
                channel="real",
                state="scheduled",
                scheduled_at=NOW,
                first_day="2026-11-16",
                nonce="00ff",
                reasons=[],
            )
        )
        for first in range(0, people, BATCH_SIZE):
            numbers = range(first, min(first + BATCH_SIZE, people))
            connection.execute(
                insert(batch).values(
                    edition_id=1,
                    number=first // BATCH_SIZE,
                    variant="all",
                    size=len(numbers),
                    state="accepted",
                )
            )
            connection.execute(insert(person), [_person(number) for number in numbers])
            connection.execute(insert(delivery), [_delivery(number) for number in numbers])


def _person(number: int) -> dict[str, object]:
    address = f"reader{number}@host{number % 997}.example.org"
    return {
        "id": number + 1,
        "address": address,
        "address_key": address,
        "name": "",
        "token": f"{number:028d}",
        "status": "active",
        "topics": "",
        "form": "normal",
        "created_at": NOW,
        "changed_at": NOW,
    }


def _delivery(number: int) -> dict[str, object]:
    return {
        "edition_id": 1,
        "subscriber_id": number + 1,
        "id": delivery_id(number),
        "batch_number": number // BATCH_SIZE,
        "state": "accepted",
    }


def delivery_id(number: int) -> str:
    return f"0190{number // 20_000:08x}{random.Random(number).getrandbits(80):020x}"


def posted(people: int) -> list[dict[str, Any]]:
    """The events as SendGrid posts them, decoded; each at most a thousand places late."""
    chance = random.Random(1)
    events = []
    for number in range(people):
        for step, kind in enumerate(("processed", "delivered")):
            event = {
                "email": f"reader{number}@host{number % 997}.example.org",
                "timestamp": int(NOW.timestamp()) + number // 1000 + step,
                "smtp-id": f"<{number}.{step}@stand-in.invalid>",
                "event": kind,
                "sg_event_id": f"{number:020x}{step}",
                "sg_message_id": f"{number // BATCH_SIZE:022x}.standin.{number}",
                "category": ["newsletter"],
                "response": "250 2.0.0 OK",
                "nl_delivery": delivery_id(number),
                "nl_attempt": "1",
            }
            times = 2 if chance.random() < 0.1 else 1
            events += [(2 * number + chance.uniform(0, 1000), event) for _ in range(times)]
    return [event for _, event in sorted(events, key=lambda pair: pair[0])]


def absorbed(database: Database, events: list[dict[str, Any]]) -> float:
    """Seconds of absorbing all of them."""
    begin = time.perf_counter()
    absorb(database, events, now=NOW + timedelta(hours=1), retention=timedelta(days=90))
    return time.perf_counter() - begin


def bare(database: Database, events: list[dict[str, Any]]) -> float:
    """Seconds of writing the same rows, the repeated ones too, into the same table."""
    normal, _ = normalise_all(events, now=NOW + timedelta(hours=1))
    with database.begin() as connection:
        convert = to_driver(connection)
    rows = [(e.delivery_id, e.attempt, e.kind.value, convert(e.at), e.reason) for e in normal]
    query = _UPSERT.format(marks=", ".join(["?" if database.is_sqlite else "%s"] * 5))
    begin = time.perf_counter()
    for start in range(0, len(rows), BLOCK):
        with database.begin() as connection:
            connection.exec_driver_sql(query, rows[start : start + BLOCK])
    return time.perf_counter() - begin


def measure(url: str, people: int) -> int:
    """Absorbs and writes in turn, twice each, and says how the quicker ones compare."""
    database = open_database(url)
    events = posted(people)
    times, floors = [], []
    try:
        upgrade(database)
        fill(database, people)
        for _ in range(2):
            times.append(absorbed(database, events))
            _expect(database, 2 * people)
            floors.append(bare(database, events))
            _expect(database, 2 * people)
    finally:
        database.close()
    seconds, floor = min(times), min(floors)
    rate = len(events) / seconds
    print(f"{len(events):,} events absorbed       {seconds:8.2f} s   {rate:10,.0f} events/s")
    print(f"bare upsert of them (floor)   {floor:8.2f} s")
    print(f"ratio to the floor            {seconds / floor:8.2f}    (target: at most {TARGET})")
    return 0 if seconds / floor <= TARGET else 1


def _expect(database: Database, rows: int) -> None:
    """All are there; then the table is emptied for the next turn."""
    with database.begin() as connection:
        found = connection.execute(text("SELECT count(*) FROM event")).scalar_one()
        connection.execute(text("DELETE FROM event"))
    if found != rows:
        raise SystemExit(f"{found} of {rows} events were kept")


def main() -> int:
    """1 when the target was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--url", help="an empty database instead of a new SQLite file")
    arguments = parser.parse_args()
    if arguments.url:
        return measure(arguments.url, arguments.people)
    with tempfile.TemporaryDirectory() as folder:
        return measure(f"sqlite:///{Path(folder, 'newsletter.db')}", arguments.people)


if __name__ == "__main__":
    sys.exit(main())
