"""The command `newsletter`, which kills itself (SIGKILL) at a moment that was counted beforehand.

A moment is the instant before or after a commit, or before or after a request to the provider.
NEWSLETTER_DIES_AT is the number of the moment (0: it lives), NEWSLETTER_MOMENTS a file that the
names of all moments are written to. Only this process is changed, by wrapping what it calls.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from newsletter.delivery.transports.sendgrid_account import Account
from newsletter.delivery.transports.sendgrid_connection import Connections
from newsletter.delivery.transports.smtp import Smtp
from newsletter.store.engine import Database


class Life:
    """Counts moments, and ends at one of them."""

    def __init__(self, dies_at: int, record: Path) -> None:
        self._left, self._record = dies_at, record
        self._guard = threading.Lock()

    def passes(self, moment: str) -> None:
        """One more moment; the last one does not return."""
        with self._guard, self._record.open("a") as file:
            file.write(f"{moment}\n")
            self._left -= 1
            if self._left == 0:
                file.flush()
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, name: str, what: str) -> None:
        """From now on a method has a moment before and one after."""
        method: Callable[..., Any] = getattr(owner, name)

        def wrapped(*given: Any, **named: Any) -> Any:
            self.passes(f"before {what}")
            answer = method(*given, **named)
            self.passes(f"after {what}")
            return answer

        setattr(owner, name, wrapped)

    def around_commits(self) -> None:
        """The same for the end of each writing transaction."""
        begin = Database.begin

        @contextmanager
        def wrapped(database: Database) -> Iterator[Connection]:
            with begin(database) as connection:
                yield connection
                self.passes("before a commit")
            self.passes("after a commit")

        setattr(Database, "begin", wrapped)  # noqa: B010 - a type checker sees no such change


def main() -> None:
    """Runs the command."""
    record = Path(os.environ.get("NEWSLETTER_MOMENTS", os.devnull))
    life = Life(int(os.environ.get("NEWSLETTER_DIES_AT", "0")), record)
    life.around_commits()
    life.around(Connections, "post", "mails")
    life.around(Account, "ask", "a question")
    life.around(Smtp, "submit", "a mail")
    from newsletter.cli.main import main as command

    command()


if __name__ == "__main__":
    main()
