"""The addresses that are not mailed any more, in the lists that SendGrid keeps."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass

LISTS = ("bounces", "blocks", "spam_reports", "invalid_emails", "unsubscribes")
_REASONS = {
    "bounces": "Bounced Address",
    "spam_reports": "Spam Reporting Address",
    "invalid_emails": "Invalid",
    "unsubscribes": "Unsubscribed Address",
}
"""Why an event says that a message was dropped. Blocks are only a record: they stop nothing."""

_LEARNT = {
    "bounce": "bounces",
    "bounce-late": "bounces",
    "blocked": "blocks",
    "spamreport": "spam_reports",
    "unsubscribe": "unsubscribes",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One address of a list, since `created` (seconds since 1970)."""

    email: str
    created: int
    reason: str
    status: str


class Suppressed:
    """The five lists, in the database of the stand-in and under its lock."""

    def __init__(self, connection: sqlite3.Connection, lock: threading.RLock) -> None:
        self._connection = connection
        self._lock = lock
        rows = connection.execute("SELECT list, email FROM suppression")
        self._known = {name: set[str]() for name in LISTS}
        for name, email in rows:
            self._known[name].add(email)

    def any(self) -> bool:
        """Whether anybody is on any list."""
        return any(self._known.values())

    def reason(self, email: str, *, past: Collection[str] = ()) -> str:
        """Why a message that passes these lists by is dropped; empty: it is not."""
        folded = email.lower()
        reasons = ((name, why) for name, why in _REASONS.items() if name not in past)
        return next((why for name, why in reasons if folded in self._known[name]), "")

    def add(self, name: str, emails: Iterable[str], now: float, reason: str = "") -> None:
        """Puts addresses on a list; who is there already stays as he is."""
        folded = [email.lower() for email in emails]
        status = "5.1.1" if name in {"bounces", "blocks"} else ""
        with self._lock:
            self._connection.executemany(
                "INSERT OR IGNORE INTO suppression VALUES (?, ?, ?, ?, ?)",
                [(name, email, int(now), reason, status) for email in folded],
            )
            self._known[name].update(folded)

    def learn(self, outcome: str, email: str, now: float) -> None:
        """Puts the address on the list that an outcome leads to, if any."""
        if outcome in _LEARNT:
            self.add(_LEARNT[outcome], [email], now, f"the stand-in's outcome: {outcome}")

    def remove(self, name: str, emails: Iterable[str] | None) -> int:
        """Takes addresses, or all (None), off a list; how many were there."""
        with self._lock:
            gone = self._known[name] if emails is None else {email.lower() for email in emails}
            gone = gone & self._known[name]
            self._connection.executemany(
                "DELETE FROM suppression WHERE list = ? AND email = ?",
                [(name, email) for email in gone],
            )
            self._known[name] -= gone
            return len(gone)

    def entries(self, name: str, *, start: int, end: int, limit: int, offset: int) -> list[Entry]:
        """A page of a list, newest first; both times are inclusive."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT email, created, reason, status FROM suppression"
                " WHERE list = ? AND created BETWEEN ? AND ?"
                " ORDER BY created DESC, email LIMIT ? OFFSET ?",
                (name, start, end, limit, offset),
            ).fetchall()
        return [Entry(*row) for row in rows]

    def entry(self, name: str, email: str) -> Entry | None:
        """What a list says of one address."""
        with self._lock:
            row = self._connection.execute(
                "SELECT email, created, reason, status FROM suppression"
                " WHERE list = ? AND email = ?",
                (name, email.lower()),
            ).fetchone()
        return Entry(*row) if row else None
