"""How fast a list of subscribers is imported, and in how much memory.

Writes a CSV of `--rows` people to a temporary folder and imports it into a new SQLite database as
the command does. Beside it, in the same run, the floor: `csv.reader` and `executemany` of the same
rows into the same table, without a check of any kind. Each runs in a process of its own, whose
peak memory is measured; a shorter import tells whether memory grows with the list.

Ends with exit code 1 when the import needs 200 MB or more, or over 20 MB more than the shorter one.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

MEMORY_LIMIT_MB = 200
GROWTH_LIMIT_MB = 20
NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
TOPICS = ("trials", "research", "living-well")


def write_list(path: Path, rows: int) -> None:
    noise = random.Random(1)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["email", "name", "topics", "status", "consented_at", "source"])
        for number in range(rows):
            mailbox = f"reader.{noise.randrange(10**9):09d}.{number}"
            topic = noise.choice(("", "trials", "trials;research"))
            day = f"20{noise.randrange(15, 26)}-0{noise.randrange(1, 10)}-11T10:00:00Z"
            domain = noise.randrange(5000)
            writer.writerow(
                [f"{mailbox}@host{domain}.example.org", f"Anna {number}", topic, "", day, "form"]
            )


def import_list(path: Path, database_file: Path) -> None:
    from newsletter.store.engine import open_database
    from newsletter.store.schema import upgrade
    from subscribers.importing import import_file

    database = open_database(f"sqlite:///{database_file}")
    upgrade(database)
    report = import_file(path, begin=database.begin, now=NOW, topics=TOPICS)
    database.close()
    if report.added != report.rows:
        raise SystemExit(f"the import took in {report.added} of {report.rows} rows")


def insert_bare(path: Path, database_file: Path) -> None:
    from newsletter.store.engine import open_database
    from newsletter.store.schema import upgrade

    database = open_database(f"sqlite:///{database_file}")
    upgrade(database)
    database.close()
    connection = sqlite3.connect(database_file)
    connection.execute("PRAGMA cache_size=-32768")
    when = NOW.replace(tzinfo=None).isoformat(" ")
    query = (
        "INSERT INTO subscriber_person (address, address_key, name, token, status, topics, form,"
        " created_at, confirmed_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        next(reader)
        rows = (
            (row[0], row[0], row[1], row[0], "active", row[2], "normal", when, row[4], when)
            for row in reader
        )
        with connection:
            connection.executemany(query, rows)
    connection.close()


WORK = {"import": import_list, "floor": insert_bare}


def measured(work: str, path: Path, database_file: Path) -> tuple[float, float]:
    """Seconds and peak memory in MB of one piece of work, in a new process."""
    command = [sys.executable, __file__, "--work", work, str(path), str(database_file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    return answer["seconds"], answer["peak_mb"]


def do_work(work: str, path: Path, database_file: Path) -> None:
    import resource

    start = time.perf_counter()
    WORK[work](path, database_file)
    seconds = time.perf_counter() - start
    unit = 1 if sys.platform == "darwin" else 1024
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb}))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--work", nargs=3, metavar=("WORK", "FILE", "DATABASE"), help="internal")
    parser.add_argument("--short", action="store_true", help="100,000 rows")
    parser.add_argument("--json", action="store_true", help="end with a line of JSON")
    given = parser.parse_args()
    if given.work:
        do_work(given.work[0], Path(given.work[1]), Path(given.work[2]))
        return 0
    rows = 100_000 if given.short else max(given.rows, 1000)
    short = min(100_000, rows // 2)
    with tempfile.TemporaryDirectory() as folder:
        whole, part = Path(folder, "list.csv"), Path(folder, "part.csv")
        write_list(whole, rows)
        write_list(part, short)
        _, part_mb = measured("import", part, Path(folder, "part.db"))
        seconds, whole_mb = measured("import", whole, Path(folder, "whole.db"))
        floor, _ = measured("floor", whole, Path(folder, "floor.db"))
    code = report(rows, short, (seconds, whole_mb), part_mb, floor)
    if given.json:
        figures = {"rows_per_second": round(rows / seconds), "peak_mb": round(whole_mb)}
        print(json.dumps({"ratio": round(seconds / floor, 2), **figures}))
    return code


def report(rows: int, short: int, whole: tuple[float, float], part_mb: float, floor: float) -> int:
    seconds, whole_mb = whole
    fits = whole_mb < MEMORY_LIMIT_MB and whole_mb - part_mb < GROWTH_LIMIT_MB
    print(f"import of {rows:,} subscribers     {rows / seconds:10,.0f} rows/s   {seconds:7.1f} s")
    print(f"csv.reader + executemany (floor)  {rows / floor:10,.0f} rows/s   {floor:7.1f} s")
    print(f"ratio to the floor                {seconds / floor:10.2f} x")
    print(f"peak memory at {short:,} rows  {part_mb:10.0f} MB")
    print(f"peak memory at {rows:,} rows  {whole_mb:10.0f} MB   (limit {MEMORY_LIMIT_MB})")
    print("memory: " + ("within the limit and flat" if fits else "TOO MUCH"))
    return 0 if fits else 1


if __name__ == "__main__":
    sys.exit(main())
