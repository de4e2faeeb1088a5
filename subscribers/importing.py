"""Takes a list of people in from a file: streamed, in short transactions, safe to run again.

Nobody comes back by an import: whoever unsubscribed, is suppressed or was erased is left alone. In
a plain list, without a stated time of consent the time of the import is written down, and without a
stated source the name of the file. In the export of another service, a row that does not say
whether the person gets mails is not taken in, unless the admin says how those people agreed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from subscribers.blocks import Begin, take_in
from subscribers.csvfile import Table, Unreadable, open_table
from subscribers.errors import ImportFileError
from subscribers.model import ImportReport
from subscribers.plan import Outcome, Plan
from subscribers.presets.preset import OWN, folded
from subscribers.recognise import Export, Part, recognise, refuse_gone_by_name
from subscribers.rejects import Rejects, rejects_path
from subscribers.rows import ACTIVE, BadRow, Candidate, Checker, one_line
from subscribers.store.scratch import Scratch
from subscribers.tallies import Tallies

Progress = Callable[[int, float], None]
"""Told after each block: rows so far, and the part of the file read (0 to 1)."""

BLOCK: Final = 5000
"""Rows of one transaction: some 0.1 seconds, so that a sign-up meanwhile need not wait."""


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
    preset: str | None = None,
    consent: str = "",
) -> ImportReport:
    """Take the people of a list in; `now` is the time of the import, `topics` the known keys.

    `preset` names the service whose export it is, where that should not be recognised; `consent`
    says how those agreed of whom the file does not say it. Blocks done before an interruption stay;
    running it again changes nothing about them. A dry run writes nothing, not even rejects, and
    gives the same numbers. Raises ImportFileError for a file that cannot be read as a list, and
    SecretKeyError when erased addresses could come back unseen.
    """
    spare = rejects or rejects_path(path)
    if spare.resolve() == path.resolve():
        raise ImportFileError(
            "The rejected rows would take the place of the list itself.",
            "Name another file with `--rejects FILE`.",
        )
    with ExitStack() as stack:
        export = stack.enter_context(recognise(path, preset))
        consent = one_line(consent)
        for part in export.parts:
            _refuse_silence(export, part, consent)
        own = export.parts[0].layout if export.preset is None else None
        bin_ = Rejects(None if dry_run else spare, own)
        stack.push(bin_.close)
        scratch = stack.enter_context(Scratch()) if dry_run else None
        run = _Run(export=export, rejects=bin_, consent=consent, progress=progress)
        for part in export.parts:
            with open_table(
                part.source, export.preset, layout=part.layout, by_name=part.by_name
            ) as table:
                run.ignored.update(dict.fromkeys(table.layout.ignored))
                for block in run.blocks(table, run.checker(part, topics, now), part):
                    run.note(take_in(block, begin, now, secrets, scratch), table)
                run.read += part.source.size
    return run.report()


def _refuse_silence(export: Export, part: Part, consent: str) -> None:
    """An export that does not say who gets mails is not taken in without a word of the admin's."""
    preset = export.preset
    if preset is None or part.by_name is not None:
        return
    names = {folded(cell) for cell in part.layout.header}
    if names & (preset.telling | {folded(OWN + "status")}):
        return
    refuse_gone_by_name(part.source.name)
    if consent:
        return
    raise ImportFileError(
        f"{part.source.name} does not say which of these people get mails, so nothing was "
        f"imported. {preset.mute}",
        "If you know that all of them asked for your mails, say how: "
        '--consent "signed up by the form on the blog, 2019 to 2026".',
    )


@dataclass(slots=True, kw_only=True)
class _Run:
    """What an import has come to so far."""

    export: Export
    rejects: Rejects
    consent: str
    progress: Progress | None
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    tallies: Tallies = field(default_factory=Tallies)
    ignored: dict[str, None] = field(default_factory=dict)
    suppressed: int = 0
    read: int = 0
    """Octets of the lists that are done."""

    def checker(self, part: Part, topics: Collection[str], now: datetime) -> Checker:
        """What checks the rows of one list, and knows what stands where they say nothing."""
        preset, source = self.export.preset, part.source.name
        if preset is not None:
            source = f"{preset.title}: {source}"
        silent = ACTIVE if preset is None or self.consent else ""
        return Checker(topics, source, now, silent, self.consent)

    def blocks(self, table: Table, checker: Checker, part: Part) -> Iterator[list[Candidate]]:
        """The rows that can be taken in; those that cannot are counted on the way."""
        of = f" (in {part.source.name})" if len(self.export.parts) > 1 else ""
        block: list[Candidate] = []
        for record in table:
            if isinstance(record, Unreadable):
                self.rejects.add(record.line, record.reason + of, record.cells)
                continue
            if record.passed_over:
                self._pass_over(record.passed_over)
                continue
            try:
                candidate = checker.check(record.line, record.row)
            except BadRow as fault:
                self.rejects.add(record.line, f"{fault}{of}", record.cells, record.row)
                continue
            self.tallies.add(candidate)
            block.append(candidate)
            if len(block) == BLOCK:
                yield block
                block = []
        yield block

    def _pass_over(self, why: str) -> None:
        self.tallies.add_passed_over(why)
        self.outcomes[Outcome.LEFT_ALONE] += 1
        self.reasons[why] += 1

    def note(self, done: Plan, table: Table) -> None:
        """Add up what became of a block, and tell how far the work is."""
        self.outcomes += done.outcomes
        self.reasons += done.reasons
        self.suppressed += len(done.bars)
        if self.progress is not None:
            rows = self.outcomes.total() + self.rejects.count
            whole = sum(part.source.size for part in self.export.parts) or 1
            self.progress(rows, min(1.0, (self.read + table.bytes_read) / whole))

    def report(self) -> ImportReport:
        """What it came to."""
        rejects, outcomes, preset = self.rejects, self.outcomes, self.export.preset
        layout = self.export.parts[0].layout
        return ImportReport(
            rows=outcomes.total() + rejects.count,
            added=outcomes[Outcome.ADDED],
            updated=outcomes[Outcome.UPDATED],
            unchanged=outcomes[Outcome.UNCHANGED],
            left_alone=outcomes[Outcome.LEFT_ALONE],
            rejected=rejects.count,
            rejects_file=str(rejects.path) if rejects.count and rejects.path else None,
            left_alone_reasons=dict(self.reasons.most_common()),
            first_rejects=tuple(rejects.first),
            encoding=layout.encoding,
            separator=layout.separator,
            ignored_columns=tuple(self.ignored),
            preset="" if preset is None else preset.key,
            files=tuple(part.source.name for part in self.export.parts),
            other_files=self.export.others,
            suppressed=self.suppressed,
            by_status=dict(self.tallies.status.most_common()),
            by_source=dict(self.tallies.source.most_common()),
            by_year=dict(sorted(self.tallies.year.items())),
        )
