"""Says whose export a file is, which lists are in it, and in which order they are taken in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from subscribers.errors import ImportFileError
from subscribers.layout import REJECTED, SYNONYMS, Layout, is_ours, look, no_addresses
from subscribers.presets import PRESETS, recognised
from subscribers.presets.preset import Preset, Said, folded
from subscribers.source import Source, file_source
from subscribers.zipped import is_zip, lists_in

PLAIN: Final = "csv"
"""The word for our own lists, where a file must not be taken for another service's."""

_GONE: Final = re.compile(
    r"\A(?:block|removed)|(?<![^\W\d_])(?:un-?subs|cleaned|bounce|suppress|complain|"
    r"opt(?:ed)?[-_ ]?out|spam[-_ ]?report|do[-_ ]?not[-_ ]?(?:mail|email|send|contact))"
)
_GONE_COLUMNS: Final = frozenset({
    "unsub time", "clean time", "unsub reason", "unsubscribe reason", "unsubscription date",
    "date unsubscribed", "opt out date", "opt out time", "opted out at", "bounced at",
    "bounce reason", "bounce date",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One list of an export."""

    source: Source
    layout: Layout
    by_name: Said | None = None
    """What its name says of all who are in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A file that was recognised; `preset` is None for a list of our own kind."""

    preset: Preset | None
    parts: tuple[Part, ...]
    others: tuple[str, ...] = ()
    """Files of a ZIP that are no lists of people."""


@contextmanager
def recognise(path: Path, wanted: str | None = None) -> Iterator[Export]:
    """What a file is, or is as a preset's `wanted` export; open as long as the block runs.

    Raises ImportFileError for what cannot be read, what could be the export of two services, and a
    list of those who left that would come in as active.
    """
    with ExitStack() as stack:
        if is_zip(path):
            sources = stack.enter_context(lists_in(path))
            yield _of_zip(path.name, sources, wanted)
        else:
            yield _of_file(file_source(path), wanted)


def _of_file(source: Source, wanted: str | None) -> Export:
    layout = look(source)
    if wanted and not _are_rejects(layout):
        preset = _preset(wanted)
    else:
        preset = _the_one(source.name, _candidates(source.name, layout))
    return Export(preset=preset, parts=(_part(source, layout, preset),))


def _of_zip(name: str, sources: Sequence[Source], wanted: str | None) -> Export:
    looked = [(source, _looked(source)) for source in sources]
    lists = [(source, layout) for source, layout in looked if isinstance(layout, Layout)]
    if not lists:
        raise ImportFileError(
            f"{name} holds no list of people: no CSV file in it has a column of addresses.",
            "Check that it is the export of the subscribers.",
        )
    if wanted:
        preset = _preset(wanted)
    else:
        found = (each for source, layout in lists for each in _candidates(source.name, layout))
        preset = _the_one(name, list(found))
    if preset is not None:
        _refuse_unread(preset, looked)
    used = [each for each in lists if preset is None or _belongs(*each, preset, sure=bool(wanted))]
    if not used or (preset is None and len(used) > 1):
        inside = ", ".join(sorted(source.name for source, _ in lists)[:5])
        raise ImportFileError(
            f"{name} holds {inside}, and it cannot be told which is the list of subscribers.",
            "Unpack it and import one file, or say whose export it is with --preset.",
        )
    if preset is None:
        _refuse_the_gone(name, used[0][1])
    parts = sorted((_part(*each, preset) for each in used), key=_turn)
    read = {id(source) for source, _ in used}
    others = sorted(source.name for source in sources if id(source) not in read)
    return Export(preset=preset, parts=tuple(parts), others=tuple(others))


def _part(source: Source, layout: Layout, preset: Preset | None) -> Part:
    if preset is None:
        _refuse_the_gone(source.name, layout)
        return Part(source=source, layout=layout)
    return Part(source=source, layout=layout, by_name=preset.by_name(source.name))


def _turn(part: Part) -> tuple[int, str]:
    """Who is unreachable and who left come first, so that nobody is active even for a moment."""
    said = part.by_name or Said()
    if said.suppressed:
        turn = 0
    elif said.status == "unsubscribed":
        turn = 1
    else:
        turn = 3 if said.status else 2
    return turn, part.source.name


def _looked(source: Source) -> Layout | ImportFileError:
    """The layout of a file in a ZIP, or why it is no list of people."""
    try:
        layout = look(source)
    except ImportFileError as fault:
        if "damaged" in fault.message or "packed" in fault.message:
            raise
        return fault
    names = {folded(cell) for cell in layout.header}
    if layout.bare is not None or names & SYNONYMS["email"]:
        return layout
    return no_addresses(source.name, layout, "email")


def _refuse_unread(
    preset: Preset, looked: Sequence[tuple[Source, Layout | ImportFileError]]
) -> None:
    """A list that cannot be read is no reason to take in the others: it may say who left."""
    for source, found in looked:
        if isinstance(found, ImportFileError) and source.size and preset.by_name(source.name):
            raise found


def _belongs(source: Source, layout: Layout, preset: Preset, *, sure: bool) -> bool:
    """Whether a list of a ZIP is one of the preset's; others may hold addresses, too."""
    if not preset.is_list(source.name):
        return False
    named = preset.by_name(source.name) is not None
    return sure or named or preset in _candidates(source.name, layout)


def _candidates(name: str, layout: Layout) -> list[Preset]:
    """Whose export a list may be: by the file's name where that is unmistakable, or its columns."""
    if is_ours(layout):
        return []
    named = [each for each in PRESETS.values() if each.named(name)]
    return named or recognised(layout.header)


def _are_rejects(layout: Layout) -> bool:
    """Whether it is what an import rejected of an export: in our columns, whatever they were."""
    return is_ours(layout) and layout.header[:2] == REJECTED


def _the_one(name: str, found: Sequence[Preset]) -> Preset | None:
    keys = sorted({each.key for each in found})
    if len(keys) > 1:
        raise ImportFileError(
            f"{name} could be an export of {' or '.join(PRESETS[key].title for key in keys)}.",
            f"Say which, with --preset {' or --preset '.join(keys)}.",
        )
    return PRESETS[keys[0]] if keys else None


def _preset(wanted: str) -> Preset | None:
    return None if wanted == PLAIN else PRESETS[wanted]


def _refuse_the_gone(name: str, layout: Layout) -> None:
    """A plain list without a status comes in as active: not one of those who left."""
    names = {folded(cell) for cell in layout.header}
    if names & SYNONYMS["status"]:
        return
    refuse_gone_by_name(name)
    if names & (_GONE_COLUMNS | SYNONYMS["unsubscribed_at"]):
        raise _gone(name, "by its columns")


def refuse_gone_by_name(name: str) -> None:
    """A list that calls itself one of people who left is not let in by a word of the admin's.

    Raises ImportFileError.
    """
    if _GONE.search(name.casefold()):
        raise _gone(name, "by its name")


def _gone(name: str, why: str) -> ImportFileError:
    return ImportFileError(
        f"{name} is {why} a list of people who left or cannot be reached, and its rows do not say "
        "so: they would come in as active.",
        "Let the file have the name that its service gave it, say whose export it is (--preset "
        "mailchimp, for example), or give the list a column `status` with the word unsubscribed. "
        "A list of other people needs another name.",
    )
