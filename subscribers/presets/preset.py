"""What a preset is: how the export of another service says who may be written to.

A preset is a description with a few small functions. It turns the cells of a record there into a
`Row` of ours, and a row of ours into cells there, so that what an export writes an import reads
back. It knows no file and no database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple

from subscribers.row import COLUMNS, Row

OWN: Final = "newsletter_"
"""Begins the names of the columns that an export adds for what the other service has no place
for."""

Pick = Callable[[list[str]], tuple[Row, str]]
"""Takes a row, and why the person is passed over (or ""), out of a record's cells."""

Cell = Callable[[str], str]
"""The text of a record in the column of this folded name; "" where the file has no such column."""


class Said(NamedTuple):
    """What an export says of a person: a status of ours, or a reason why she is not written to."""

    status: str = ""
    suppressed: str = ""
    passed_over: str = ""
    """Why she is nobody who ever subscribed here; she is left out, and counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One service's export. Names of columns are folded (see `folded`)."""

    key: str
    title: str
    marks: tuple[frozenset[str], ...]
    """Sets of columns, any of which gives the service away."""
    emails: tuple[str, ...] = ("email",)
    names: tuple[str, ...] = ("name",)
    """Columns that make up the name, in their order."""
    consents: tuple[str, ...]
    """Columns with the time of consent; the first filled one counts."""
    departures: tuple[str, ...] = ()
    """Columns with the time at which somebody left or became unreachable."""
    sources: tuple[str, ...] = ()
    telling: frozenset[str]
    """Columns that say who gets mails; a file without any of them does not say it."""
    say: Callable[[Cell], Said | None]
    """What a record says of the person; None when it says nothing. Raises ValueError with the
    word that is not known."""
    words: tuple[str, ...]
    """The words that `say` knows, for telling a person."""
    named: Callable[[str], bool] = lambda _name: False
    """Whether the name of a file gives the service away, whatever columns are in it."""
    by_name: Callable[[str], Said | None] = lambda _name: None
    """What the name of a file says of all who are in it."""
    is_list: Callable[[str], bool] = lambda _name: True
    """Whether a file of this name in a ZIP is a list of people."""
    mute: str = ""
    """Why such an export may not say who gets mails, and what to do about it there."""
    escape: str | None = None
    """A character that stands before a quotation mark inside of a field."""
    columns: tuple[str, ...]
    """The header of an export in this shape."""
    write: Callable[[Row], Sequence[str]]
    """The cells of `columns`."""
    extras: tuple[str, ...]
    """Which of our columns an export adds, besides `status` and `suppressed`."""
    part_of: Callable[[Row], str] | None = None
    """For an export of several files: which of `parts` a row goes into."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """The names of those files, by the word of `part_of`."""


_SPACES: Final = re.compile(r"[\s_\-]+")


def folded(name: str) -> str:
    """A column's name without regard to case, spaces, `_`, `-` and marks around it."""
    return _SPACES.sub(" ", name.strip("\ufeff\0 *:\t\r\n")).strip().casefold()


_WHO: Final = ("status", "suppressed")


def pick_with(preset: Preset, header: Sequence[str], by_name: Said | None = None) -> Pick:
    """Makes what takes a row of ours out of a record's cells, with why the person is passed over.

    `by_name` is what the file's name says of all who are in it. The row's status is "" where
    nothing says it. What is made raises ValueError for a word of status that is not known.
    """
    places: dict[str, int] = {}
    for at, name in enumerate(header):
        places.setdefault(folded(name), at)
    current: list[str] = []

    def cell(name: str) -> str:
        at = places.get(name, -1)
        return current[at].strip() if 0 <= at < len(current) else ""

    def pick(cells: list[str]) -> tuple[Row, str]:
        current[:] = cells
        said = preset.say(cell) or by_name or Said()
        own = {column: cell(folded(OWN + column)) for column in COLUMNS}
        said = _with_own(said, own["status"], own["suppressed"])
        others = {name: text for name, text in own.items() if text and name not in _WHO}
        row = _row(preset, cell, said)
        if said.suppressed and not own["suppressed"]:
            row = row._replace(source="")  # of the consent; it says nothing of the suppression
        return row._replace(**others), said.passed_over

    return pick


def _with_own(said: Said, status: str, suppressed: str) -> Said:
    """What an export of ours added, where it holds people back; it lets nobody be mailed whom the
    service itself does not call active, since she may have left there meanwhile.
    """
    if suppressed:
        return Said(status=status, suppressed=suppressed)
    return Said(status=status) if status in ("pending", "unsubscribed") else said


def _row(preset: Preset, cell: Cell, said: Said) -> Row:
    return Row(
        email=_first(cell, preset.emails),
        name=" ".join(part for name in preset.names if (part := cell(name))),
        topics="",
        status=said.status,
        consented_at=moment(_first(cell, preset.consents)),
        source=_first(cell, preset.sources),
        suppressed=said.suppressed,
        form="",
        unsubscribed_at=moment(_first(cell, preset.departures)),
    )


def _first(cell: Cell, names: Sequence[str]) -> str:
    return next((text for name in names if (text := cell(name))), "")


def header_of(preset: Preset) -> tuple[str, ...]:
    """The header of an export in a preset's shape, with the columns added to it."""
    return (*preset.columns, *(OWN + column for column in (*_WHO, *preset.extras)))


def cells_of(preset: Preset, row: Row) -> tuple[str, ...]:
    """A row of ours as a record of such an export."""
    own = (str(getattr(row, column)) for column in (*_WHO, *preset.extras))
    return (*preset.write(row), *own)


_FORMATS: Final = (
    "%Y/%m/%d %H:%M:%S", "%Y/%m/%d", "%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y",
    "%B %d, %Y %I:%M %p", "%b %d, %Y %I:%M %p", "%Y-%m-%d %I:%M:%S %p",
)  # fmt: skip

_OFFSET: Final = re.compile(r"(:[\d.]+) ([+-]\d{4})(?: [A-Z]{2,5}| [+-]\d{2,4})?\Z")
"""An offset with the name of its zone, as Go writes a time: `18:00:00.1 +0100 BST`."""


def moment(text: str) -> str:
    """A service's way of writing a time as an ISO one in UTC, where nothing else is said; "" for
    what cannot be read for certain, as `3/4/2024`, since a guess would be false evidence.
    """
    if not text or text.startswith("0000"):
        return ""
    text = _OFFSET.sub(r"\1\2", text.removesuffix(" UTC"))
    found = _iso(text) or next(filter(None, (_parsed(text, each) for each in _FORMATS)), None)
    return "" if found is None else written(found)


def _iso(text: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _parsed(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        return None


def written(time: datetime) -> str:
    """A time as our own lists write it."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def first_and_last(name: str) -> tuple[str, str]:
    """A name in two, for services that keep it so; joined by a space it is the same again."""
    first, _, last = name.rpartition(" ")
    return (first, last) if first else (last, "")


def word_in(words: Mapping[str, Said], text: str) -> Said | None:
    """What one word of status means; None for no word. Raises ValueError with an unknown one."""
    word = text.casefold()
    if not word:
        return None
    if word not in words:
        raise ValueError(text)
    return words[word]


ACTIVE: Final = Said(status="active")
PENDING: Final = Said(status="pending")
LEFT: Final = Said(status="unsubscribed")
BOUNCED: Final = Said(suppressed="hard_bounce")
COMPLAINED: Final = Said(suppressed="complaint")
BARRED: Final = Said(suppressed="manual")
