"""How long an edition takes to plan, as a multiple of a bare `INSERT … SELECT` of the same rows.

`--rows` people with different topics, some of them suppressed, are planned block by block as a send
does it. The floor inserts the very same rows, from a table and in one go, into the same emptied
table with the same indexes. Also measured: the longest single transaction, which is how long the
web application may have to wait for a send.

Runs on a new SQLite file, or with `--url` on an empty PostgreSQL database.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, insert, text

from newsletter.store.engine import Database, open_database
from newsletter.store.planning import last_person, plan_block
from newsletter.store.schema import upgrade
from newsletter.store.tables import edition, edition_choice, edition_variant
from subscribers.store.tables import person, suppression

TARGET = 3.0
LONGEST_SECONDS = 1.0
NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
TOPICS = ("", "living", "living+trials", "research", "trials")
VARIANTS = {"": "all", "living": "living", "living+trials": "living+trials", "trials": "trials"}
BATCH_SIZE = 1000
EVERY_SUPPRESSED = 50
_BLOCK = 20_000


def fill(database: Database, people: int) -> None:
    """A list of people, every fiftieth suppressed, and a frozen edition; nothing for `research`."""
    for first in range(1, people + 1, _BLOCK):
        numbers = range(first, min(first + _BLOCK, people + 1))
        with database.begin() as connection:
            connection.execute(insert(person), [_person(number) for number in numbers])
            suppressed = [_suppression(n) for n in numbers if n % EVERY_SUPPRESSED == 0]
            if suppressed:
                connection.execute(insert(suppression), suppressed)
    with database.begin() as connection:
        _freeze(connection)


def _address(number: int) -> str:
    return f"reader{number}@host{number % 997}.example.org"


def _person(number: int) -> dict[str, object]:
    address = _address(number)
    return {
        "address": address,
        "address_key": address,
        "name": "",
        "token": f"{number:028d}",
        "status": "active",
        "topics": TOPICS[number % len(TOPICS)],
        "form": "normal",
        "created_at": NOW,
        "confirmed_at": NOW,
        "changed_at": NOW,
    }


def _suppression(number: int) -> dict[str, object]:
    address = _address(number)
    return {
        "address": address,
        "address_key": address,
        "reason": "hard_bounce",
        "since": NOW,
        "note": "",
    }


def _freeze(connection: Connection) -> None:
    connection.execute(
        insert(edition).values(
            id=1,
            key="2026-W47",
            channel="rehearsal",
            state="sending",
            scheduled_at=NOW,
            first_day="2026-11-16",
            nonce="00ff",
            reasons=[],
            plan_until=last_person(connection),
        )
    )
    empty = {"subject": "", "mjml": "", "html": "", "text": "", "checksum": ""}
    connection.execute(
        insert(edition_variant),
        [{"edition_id": 1, "key": key, "form": "normal", **empty} for key in VARIANTS.values()],
    )
    connection.execute(
        insert(edition_choice),
        [
            {"edition_id": 1, "topics": key, "form": "normal", "variant": VARIANTS.get(key)}
            for key in TOPICS
        ],
    )


def plan(database: Database) -> list[float]:
    """Plans the edition; the seconds of each transaction, commit included.

    The clock runs, as it does in a send: the ids of a block begin with its moment.
    """
    times = []
    done = False
    while not done:
        begin = time.perf_counter()
        with database.begin() as connection:
            now = datetime.now(UTC)
            done = plan_block(connection, 1, batch_size=BATCH_SIZE, now=now).done
        times.append(time.perf_counter() - begin)
    return times


def bare(database: Database) -> float:
    """Seconds of inserting the same rows into the same table, emptied, from a copy of it."""
    with database.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS planned_rows"))
        connection.execute(text("CREATE TABLE planned_rows AS SELECT * FROM delivery"))
        connection.execute(text("DELETE FROM delivery"))
    begin = time.perf_counter()
    with database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO delivery SELECT * FROM planned_rows ORDER BY edition_id, subscriber_id"
            )
        )
    return time.perf_counter() - begin


def forget(database: Database) -> None:
    """Puts the edition back to where nothing is planned."""
    with database.begin() as connection:
        connection.execute(text("DELETE FROM delivery"))
        connection.execute(text("DELETE FROM batch"))
        connection.execute(text("UPDATE edition SET planned_through = 0"))


def measure(url: str, rows: int) -> int:
    """Plans and inserts in turn, twice each, and says how the quicker ones compare."""
    database = open_database(url)
    plans, floors = [], []
    try:
        upgrade(database)
        fill(database, rows)
        for _ in range(2):
            forget(database)
            plans.append(plan(database))
            _expect(database, rows)
            floors.append(bare(database))
    finally:
        database.close()
    times, floor = min(plans, key=sum), min(floors)
    seconds, longest = sum(times), min(map(max, plans))
    print(f"planning of {rows:,} deliveries   {seconds:8.2f} s  in {len(times)} transactions")
    print(f"bare INSERT … SELECT (floor)   {floor:8.2f} s")
    print(f"ratio to the floor             {seconds / floor:8.2f}    (target: at most {TARGET})")
    print(f"longest transaction            {longest:8.2f} s  (target: at most {LONGEST_SECONDS})")
    return 0 if seconds / floor <= TARGET and longest <= LONGEST_SECONDS else 1


def _expect(database: Database, rows: int) -> None:
    with database.read() as connection:
        planned = connection.execute(text("SELECT count(*) FROM delivery")).scalar_one()
    if planned != rows:
        raise SystemExit(f"{planned} of {rows} people were planned")


def main() -> int:
    """1 when a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--url", help="an empty database instead of a new SQLite file")
    arguments = parser.parse_args()
    if arguments.url:
        return measure(arguments.url, arguments.rows)
    with tempfile.TemporaryDirectory() as folder:
        return measure(f"sqlite:///{Path(folder, 'newsletter.db')}", arguments.rows)


if __name__ == "__main__":
    sys.exit(main())
