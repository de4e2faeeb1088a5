"""Files with people's addresses that are kept for a time: mails of rehearsals, rejected rows.

Only files that this program has written are looked at: in the outbox those that end in `.eml`, or
in `.eml.part` where it was killed meanwhile; and beside the settings those that end in
`.rejects.csv` and begin as a file of rejects does, and what a list left behind whose writing was
broken off by force.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from newsletter.delivery.transports.contract import LETTER_FOLDER, NOTICE_FOLDER, TEST_FOLDER
from newsletter.model.edition import Channel
from newsletter.pipeline.context import Context
from newsletter.store import editions as edition_store
from subscribers.privatefile import is_leftover

_MAIL: Final = re.compile(r".+\.eml(?:\.part)?")
_STAMP: Final = re.compile(r"(\d{8}T\d{6})-[0-9a-f]+\.eml(?:\.part)?")
_REJECTS: Final = b"\xef\xbb\xbfline,reason,"


def old_mails(context: Context, before: datetime) -> list[Path]:
    """The mails of rehearsals that were over before then, notices and letters by their names."""
    outbox = context.settings.outbox_path()
    found: list[Path] = []
    for key in _editions_over(context, before):
        found += _mails(outbox / key)
    for folder in (NOTICE_FOLDER, LETTER_FOLDER):
        found += (each for each in _mails(outbox / folder) if _stamped(each, before))
    found += _by_the_disk(context, _mails(outbox / TEST_FOLDER), before)
    return sorted(found)


def old_rejects(context: Context, before: datetime) -> list[Path]:
    """The files of rejected rows from before then, in the folder of the settings."""
    return sorted(_by_the_disk(context, iter(rejects(context)), before))


def rejects(context: Context) -> list[Path]:
    """All files of rejected rows in the folder of the settings, and lists that were broken off."""
    folder = context.settings.folder
    broken_off = [each for each in folder.glob(".*.part") if is_leftover(each)]
    return [*(each for each in folder.glob("*.rejects.csv") if _is_rejects(each)), *broken_off]


def all_mails(context: Context) -> int:
    """How many mails are in the outbox."""
    return sum(1 for _ in context.settings.outbox_path().glob("*/*.eml"))


def remove_mails(context: Context, mails: list[Path]) -> None:
    """Deletes mails, and lists the outbox anew. Raises OSError."""
    for each in mails:
        each.unlink(missing_ok=True)
    outbox = context.settings.outbox_path()
    if mails and (outbox / "index.html").exists():
        from newsletter.pipeline.outbox import write_index  # heavy, and hardly ever needed

        write_index(outbox)


def _mails(folder: Path) -> Iterator[Path]:
    return (each for each in folder.glob("*.eml*") if _MAIL.fullmatch(each.name))


def _editions_over(context: Context, before: datetime) -> list[str]:
    with context.database.read() as connection:
        editions = edition_store.listed(connection, channel=Channel.REHEARSAL)
    return [
        each.key for each in editions if each.finished_at is not None and each.finished_at < before
    ]


def _stamped(path: Path, before: datetime) -> bool:
    found = _STAMP.fullmatch(path.name)
    if found is None:
        return False
    return datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC) < before


def _by_the_disk(context: Context, files: Iterator[Path], before: datetime) -> Iterator[Path]:
    """Those that the disk says are old; with a rehearsed clock nobody can compare the two."""
    if context.rehearsed_clock:
        return
    for each in files:
        if datetime.fromtimestamp(each.stat().st_mtime, UTC) < before:
            yield each


def _is_rejects(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(len(_REJECTS)) == _REJECTS
    except OSError:
        return False
