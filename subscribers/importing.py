"""Takes a list of people in from a file: streamed, in short transactions, safe to run again.

Nobody comes back by an import: whoever unsubscribed, is suppressed or was erased is left alone.
Without a stated time of consent the time of the import is written down, and without a stated
source the name of the file.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from subscribers.csvfile import Layout, Table, Unreadable, open_table
from subscribers.errors import ImportFileError
from subscribers.model import ImportReport
from subscribers.plan import Outcome, Plan, plan
from subscribers.privatefile import private_file
from subscribers.rows import BadRow, Candidate, Checker
from subscribers.store import evidence, people, suppressions
from subscribers.store.scratch import Scratch
from subscribers.token import new_tokens

if TYPE_CHECKING:
    from sqlalchemy import Connection

Begin = Callable[[], AbstractContextManager["Connection"]]
"""Opens a connection in a transaction of its own; a reading one is enough for a dry run."""

Progress = Callable[[int, float], None]
"""Told after each block: rows so far, and the part of the file read (0 to 1)."""

BLOCK: Final = 5000
"""Rows of one transaction: some 0.1 seconds, so that a sign-up meanwhile need not wait."""
SHOWN_REJECTS: Final = 10


def rejects_path(path: Path) -> Path:
    """Where the rejected rows of a file go unless another place is named: `list.rejects.csv`."""
    return path.parent / f"{path.stem}.rejects.csv"


def import_file(
    path: Path,
    *,
    begin: Begin,
    now: datetime,
    topics: Collection[str],
    secrets: tuple[str, ...] = (),
    dry_run: bool = False,
    rejects: Path | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Take the people of a CSV file in; `now` is the time of the import, `topics` the known keys.

    Blocks done before an interruption stay; running it again changes nothing about them. A dry run
    writes nothing, not even rejects, and gives the same numbers. Raises ImportFileError for a file
    that cannot be read as a list, and SecretKeyError when erased addresses could come back unseen.
    """
    spare = rejects or rejects_path(path)
    if spare.resolve() == path.resolve():
        raise ImportFileError(
            "The rejected rows would take the place of the list itself.",
            "Name another file with `--rejects FILE`.",
        )
    with ExitStack() as stack:
        table = stack.enter_context(open_table(path))
        bin_ = Rejects(None if dry_run else spare, table.layout)
        stack.push(bin_.close)
        scratch = stack.enter_context(Scratch()) if dry_run else None
        checker = Checker(topics, path.name, now)
        total: Counter[str] = Counter()
        reasons: Counter[str] = Counter()
        for block in _blocks(table, checker, bin_):
            done = _take_in(block, begin, now, secrets, scratch)
            total += done.outcomes
            reasons += done.reasons
            if progress is not None:
                rows = total.total() + bin_.count
                progress(rows, min(1.0, table.bytes_read / (table.size or 1)))
    return _report(total, reasons, bin_, table.layout)


def _blocks(table: Table, checker: Checker, rejects: Rejects) -> Iterator[list[Candidate]]:
    block: list[Candidate] = []
    for record in table:
        if isinstance(record, Unreadable):
            rejects.add(record.line, record.reason, record.cells)
            continue
        try:
            block.append(checker.check(record.line, record.row))
        except BadRow as fault:
            rejects.add(record.line, str(fault), record.cells)
            continue
        if len(block) == BLOCK:
            yield block
            block = []
    yield block


def _take_in(
    block: list[Candidate],
    begin: Begin,
    now: datetime,
    secrets: tuple[str, ...],
    scratch: Scratch | None,
) -> Plan:
    """Decide on one block and do it, in one transaction."""
    keys = sorted({candidate.key for candidate in block})
    with begin() as conn:
        known = people.known(conn, keys)
        if scratch is not None:
            known |= scratch.known(keys)
        bars = suppressions.barred(conn, keys, secrets)
        made = plan(block, known, {key: bar.reason for key, bar in bars.items()}, now)
        if scratch is None:
            _write(conn, made, now)
        else:
            scratch.remember(made.states)
    return made


def _write(conn: Connection, made: Plan, now: datetime) -> None:
    ids = _insert(conn, made, now)
    states = made.states
    choices = {key: (states[key].name, states[key].topics) for key in made.choices}
    people.change_choices(conn, choices, now)
    people.activate(conn, made.activated, now)
    there = made.left - made.new.keys()
    people.deactivate(conn, there, now)
    ids |= people.ids_of(conn, sorted(there | made.activated.keys()))
    lines = [
        evidence.Evidence(ids[note.key], note.happened_at, note.kind, note.source)
        for note in made.notes
        if note.key in ids
    ]
    evidence.record_consents(conn, lines, now)


def _insert(conn: Connection, made: Plan, now: datetime) -> dict[str, int]:
    """Write the new people, in the order of their keys so that two imports never wait in a circle;
    their ids. Who signed up in the same moment counts as known already.
    """
    keys = sorted(made.new)
    tokens = new_tokens(len(keys))
    rows = [
        people.NewPerson(
            made.new[key].address,
            key,
            made.states[key].name,
            token,
            made.states[key].status,
            made.states[key].topics,
            made.confirmed[key],
        )
        for key, token in zip(keys, tokens, strict=True)
    ]
    by_token = people.insert_people(conn, rows, now)
    passed_over = len(keys) - len(by_token)
    if passed_over:
        made.outcomes[Outcome.ADDED] -= passed_over
        made.outcomes[Outcome.UNCHANGED] += passed_over
    return {
        key: by_token[token] for key, token in zip(keys, tokens, strict=True) if token in by_token
    }


class Rejects:
    """The rows that were not taken in: counted, and written to a private file if there are any.

    The file is made for correcting and importing again: the columns of the original, behind the
    line and the reason.
    """

    def __init__(self, path: Path | None, layout: Layout) -> None:
        self.path = path
        self.count = 0
        self.first: list[tuple[int, str]] = []
        self._header = [cell or "email" for cell in layout.header]
        self._stack = ExitStack()
        self._writer: Any = None

    def add(self, line: int, reason: str, cells: list[str]) -> None:
        """Note a row. Raises ImportFileError when the file cannot be written."""
        self.count += 1
        if len(self.first) < SHOWN_REJECTS:
            self.first.append((line, reason))
        if self.path is None:
            return
        try:
            if self._writer is None:
                self._open(self.path)
            self._writer.writerow([line, reason, *cells])
        except OSError as error:
            raise _no_rejects(self.path, error) from None

    def _open(self, path: Path) -> None:
        stream = self._stack.enter_context(private_file(path))
        stream.write("\ufeff")  # or Excel would read UTF-8 as something else
        self._writer = csv.writer(stream)
        self._writer.writerow(["line", "reason", *self._header])

    def close(self, *fault: Any) -> None:
        """Put the file in its place, or take it away when the import failed."""
        try:
            self._stack.__exit__(*fault)
        except OSError as error:
            if self.path is None:
                raise
            raise _no_rejects(self.path, error) from None


def _no_rejects(path: Path, error: OSError) -> ImportFileError:
    return ImportFileError(
        f"The rejected rows cannot be written to {path}: {error.strerror}.",
        "Name another place with `--rejects FILE`.",
    )


def _report(
    total: Counter[str], reasons: Counter[str], rejects: Rejects, layout: Layout
) -> ImportReport:
    written = rejects.path if rejects.count else None
    return ImportReport(
        rows=total.total() + rejects.count,
        added=total[Outcome.ADDED],
        updated=total[Outcome.UPDATED],
        unchanged=total[Outcome.UNCHANGED],
        left_alone=total[Outcome.LEFT_ALONE],
        rejected=rejects.count,
        rejects_file=None if written is None else str(written),
        left_alone_reasons=dict(reasons.most_common()),
        first_rejects=tuple(rejects.first),
        encoding=layout.encoding,
        separator=layout.separator,
        ignored_columns=layout.ignored,
    )
