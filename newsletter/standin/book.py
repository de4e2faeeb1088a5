"""What the stand-in knows, and everything that changes it; each change is one transaction."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from newsletter.errors import UsageError
from newsletter.standin.mail import Lot, Mail
from newsletter.standin.schedule import MOST_MARKS, Fate, Mark, fate
from newsletter.standin.suppressed import Suppressed
from newsletter.standin.tables import claim, open_book


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request and how it was answered; status 0: not at all. `at` in seconds since 1970."""

    number: int
    at: float
    method: str
    path: str
    status: int
    fault: str = ""
    recipients: int = 0
    body: bytes | None = None


Outcome = Callable[[str], str]
"""What becomes of a message to an address; empty: it is delivered."""


class Book:
    """The records. Methods may be called from any thread; one at a time does its work."""

    def __init__(self, folder: Path) -> None:
        self._connection = open_book(folder)
        try:
            self._claim = claim(folder)
        except UsageError:
            self._connection.close()
            raise
        self._lock = threading.RLock()
        self._numbers = count(self._number("SELECT coalesce(max(id), 0) FROM request") + 1)
        self._batches = {row[0] for row in self._connection.execute("SELECT id FROM batch")}
        self.credits_used = self._number("SELECT coalesce(sum(recipients), 0) FROM lot")
        self.suppressed = Suppressed(self._connection, self._lock)

    def _number(self, query: str) -> int:
        return int(self._connection.execute(query).fetchone()[0])

    def close(self) -> None:
        """Closes the database, when no other thread is using it."""
        with self._lock:
            self._connection.close()
            self._claim.close()

    def next_number(self) -> int:
        """A number for a request that has just arrived; they go on rising after a restart."""
        return next(self._numbers)

    @contextmanager
    def begin(self) -> Iterator[sqlite3.Connection]:
        """One transaction for one thread, committed at the end."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def fact(self, name: str, otherwise: str = "") -> str:
        """A value kept by name."""
        with self._lock:
            row = self._connection.execute("SELECT value FROM fact WHERE name = ?", (name,))
            found = row.fetchone()
        return str(found[0]) if found else otherwise

    def keep_fact(self, name: str, value: str) -> None:
        """Keeps a value by name."""
        with self.begin() as connection:
            connection.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    # ---- requests and what they ask for

    def note(self, seen: Seen) -> None:
        """Writes down a request that was not an acceptance."""
        with self.begin() as connection:
            _insert_request(connection, seen)

    def accept(self, seen: Seen, mail: Mail, *, cancel_holds: bool, credits_: int | None) -> str:
        """Writes down that a request was accepted; the X-Message-Id, empty if credits run short."""
        message_id = _message_id(seen)
        with self.begin() as connection:
            if credits_ is not None and self.credits_used + mail.recipients > credits_:
                return ""
            _insert_request(connection, seen)
            connection.executemany(
                "INSERT INTO lot (request_id, message_id, batch_id, send_at, accepted_at,"
                " recipients, people, categories, cancel_holds, fate, told)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', 0)",
                [_lot_row(seen, message_id, mail, lot, cancel_holds) for lot in mail.lots],
            )
            connection.executemany(
                "INSERT INTO bypass SELECT id, ? FROM lot WHERE request_id = ?",
                [(name, seen.number) for name in mail.past],
            )
            self.credits_used += mail.recipients
        return message_id

    def make_batch(self, number: int, now: float) -> str:
        """A new batch id."""
        batch_id = hashlib.sha256(f"batch:{number}:{now}".encode()).hexdigest()[:40]
        with self.begin() as connection:
            connection.execute("INSERT INTO batch VALUES (?, ?)", (batch_id, now))
            self._batches.add(batch_id)
        return batch_id

    def knows_batch(self, batch_id: str) -> bool:
        """Whether the id was created here."""
        return batch_id in self._batches

    # ---- pausing and cancelling

    def marks(self, batch_id: str | None = None) -> list[tuple[str, str]]:
        """Batch ids with their status, all or one, in the order of ids."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT batch_id, status FROM mark WHERE ? IS NULL OR batch_id = ?",
                (batch_id, batch_id),
            )
            return [(str(found), str(status)) for found, status in rows]

    def set_mark(self, batch_id: str, status: str, now: float, *, again: bool) -> str:
        """Pauses or cancels a batch; why not, or nothing. `again`: it has to have a status."""
        with self.begin() as connection:
            known = connection.execute("SELECT batch_id FROM mark").fetchall()
            if ((batch_id,) in known) != again:
                return "no status was set before" if again else "a status was set before"
            if not again and len(known) >= MOST_MARKS:
                return f"no more than {MOST_MARKS} batches may be paused or cancelled"
            connection.execute(
                "INSERT OR REPLACE INTO mark SELECT ?, ?, ?, coalesce(max(id), 0) FROM lot",
                (batch_id, status, now),
            )
        return ""

    def remove_mark(self, batch_id: str) -> bool:
        """Takes the status back; whether there was one."""
        with self.begin() as connection:
            done = connection.execute("DELETE FROM mark WHERE batch_id = ?", (batch_id,))
            return done.rowcount > 0

    # ---- the hour has come

    def release(self, now: float, outcome: Outcome, *, picky: bool) -> int:
        """Settles every lot whose time has come; how many there were.

        `picky`: some addresses have an outcome of their own.
        """
        with self._lock:
            if not self._due(now).fetchone():
                return 0
            with self.begin() as connection:
                return self._settle_due(connection, now, outcome, picky)

    def _due(self, now: float) -> sqlite3.Cursor:
        return self._connection.execute(
            "SELECT lot.id, lot.send_at, lot.cancel_holds, mark.status, mark.set_at, mark.lots"
            " FROM lot LEFT JOIN mark ON mark.batch_id = lot.batch_id"
            " WHERE fate = 'waiting' AND send_at <= ? ORDER BY send_at, lot.id",
            (now,),
        )

    def _settle_due(
        self, connection: sqlite3.Connection, now: float, outcome: Outcome, picky: bool
    ) -> int:
        settled = 0
        for lot, send_at, holds, *given in self._due(now).fetchall():
            mark = Mark(*given) if given[0] else None
            became = fate(mark, lot=lot, send_at=send_at, now=now, cancel_holds=bool(holds))
            if became is Fate.WAITING:
                continue
            connection.execute(
                "UPDATE lot SET fate = ?, done_at = ? WHERE id = ?", (became, now, lot)
            )
            if became is Fate.DELIVERED and (picky or self.suppressed.any()):
                self._note_results(connection, lot, now, outcome)
            settled += 1
        return settled

    def _note_results(
        self, connection: sqlite3.Connection, lot: int, now: float, outcome: Outcome
    ) -> None:
        people = connection.execute("SELECT people FROM lot WHERE id = ?", (lot,)).fetchone()[0]
        bypassed = connection.execute("SELECT list FROM bypass WHERE lot_id = ?", (lot,))
        past = frozenset(str(row[0]) for row in bypassed)
        for place, (email, _args) in enumerate(json.loads(people)):
            reason = self.suppressed.reason(email, past=past)
            kind = "dropped" if reason else outcome(email)
            if kind:
                connection.execute(
                    "INSERT INTO result VALUES (?, ?, ?, ?)", (lot, place, kind, reason)
                )
                self.suppressed.learn(kind, email, now)


def _insert_request(connection: sqlite3.Connection, seen: Seen) -> None:
    connection.execute(
        "INSERT INTO request VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (seen.number, seen.at, seen.method, seen.path, seen.status, seen.fault, seen.recipients,
         seen.body),
    )  # fmt: skip


def _message_id(seen: Seen) -> str:
    return hashlib.sha256(f"message:{seen.number}:{seen.at}".encode()).hexdigest()[:22]


def _lot_row(
    seen: Seen, message_id: str, mail: Mail, lot: Lot, cancel_holds: bool
) -> tuple[object, ...]:
    send_at = max(float(lot.send_at), seen.at) if lot.send_at is not None else seen.at
    return (
        seen.number, message_id, mail.batch_id, send_at, seen.at, lot.count, lot.people,
        json.dumps(mail.categories), cancel_holds,
    )  # fmt: skip
