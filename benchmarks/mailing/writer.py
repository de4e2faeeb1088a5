"""Another program that writes to the same database: as the web application does, a commit each.

    python writer.py URL RATE

Goes on until its input is closed, then says how many commits it made in how many seconds, and how
long they took: from when each was due, so that one that had to wait for the one before is counted
with that, and by itself. One small INSERT or UPDATE each.
"""

from __future__ import annotations

import json
import sys
import threading
import time

from sqlalchemy import text

from newsletter.store.engine import Database, open_database

_INSERT = "INSERT INTO other (id, told) VALUES (:number, 0)"
_UPDATE = "UPDATE other SET told = told + 1 WHERE id = :number - 1"


def write(database: Database, rate: float, ending: threading.Event) -> dict[str, object]:
    """Writes at a steady rate, and catches up after a delay."""
    late, own = [], []
    begin = time.perf_counter()
    number = 0
    with database.read() as connection:
        first = int(connection.execute(text("SELECT coalesce(max(id), 0) FROM other")).scalar_one())
    while not ending.is_set():
        due = begin + number / rate
        if (wait := due - time.perf_counter()) > 0:
            time.sleep(wait)
        number += 1
        started = time.perf_counter()
        with database.begin() as connection:
            statement = _INSERT if number % 2 else _UPDATE
            connection.execute(text(statement), {"number": first + number})
        ended = time.perf_counter()
        late.append(ended - due)
        own.append(ended - started)
    seconds = time.perf_counter() - begin
    return {"commits": number, "seconds": seconds, "due": _spread(late), "own": _spread(own)}


def _spread(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    middle, almost = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    return {"median": middle, "p99": almost, "worst": ordered[-1]}


def _wait_for_the_end(ending: threading.Event) -> None:
    sys.stdin.read()
    ending.set()


def main() -> None:
    """Writes until the input is closed."""
    database = open_database(sys.argv[1])
    ending = threading.Event()
    threading.Thread(target=_wait_for_the_end, args=(ending,), daemon=True).start()
    try:
        told = write(database, float(sys.argv[2]), ending)
    finally:
        database.close()
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
