"""Templates of the admin's own: which there are, copies to change, and whether they work."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from newsletter.config import Settings
from newsletter.editions.check import check, check_letter, check_look
from newsletter.editions.findings import ORIGIN, TEMPLATE, WHICH_TEMPLATE, finding, once
from newsletter.editions.letters import render_letter
from newsletter.editions.render import render
from newsletter.editions.templates import templates_of
from newsletter.errors import RenderError, UsageError
from newsletter.model.edition import Finding, Form
from newsletter.pipeline.context import look_of, masthead_of, tags_of
from newsletter.pipeline.discretion import indiscretions
from newsletter.pipeline.samples import NONCE, sample_digest, sample_letters
from newsletter.templating.copies import Copy, copy_of, own_names, replaceable, standing


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTemplate:
    """A template by its name; `file` and `copy` are None where the program's own is used."""

    name: str
    file: Path | None = None
    copy: Copy | None = None


def listed(own: Path) -> tuple[OwnTemplate, ...]:
    """Every template that can be replaced, and every file of the admin's own, in order of names."""
    theirs = {name: _own(own, name) for name in own_names(own)}
    ours = {name: OwnTemplate(name=name) for name in replaceable()}
    return tuple((ours | theirs)[name] for name in sorted(ours | theirs))


def copied(own: Path, name: str, *, force: bool = False) -> Path:
    """Writes our template into the admin's folder; with `force` an older one is kept as `.old`.

    Raises UsageError for a name we do not have, for a file that is there, and when it cannot write.
    """
    if name not in replaceable():
        raise UsageError(
            f"There is no template {name}.", "See their names with `newsletter templates list`."
        )
    file = own / name
    if file.exists() and not force:
        raise UsageError(
            f"{file} is there already.",
            "Change that one, or have it written anew with --force; yours is then kept as .old.",
        )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists():
            file.replace(file.with_name(file.name + ".old"))
        file.write_text(copy_of(name), encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(
            f"{file} cannot be written: {error.strerror or error}.",
            "Choose another folder (`templates` under [look]), or make it writable.",
        ) from None
    return file


def tried(settings: Settings, now: datetime) -> tuple[Finding, ...]:
    """What is wrong with the templates and the look, tried on samples of everything in every form.

    `place` begins with the file of the admin's own that is to blame, where one alone is.
    """
    own = settings.templates_path()
    found = [*check_look(look_of(settings)), *_of_files(own), *_of_samples(settings, now, own)]
    return tuple(once(found))


def _own(own: Path, name: str) -> OwnTemplate:
    try:
        copy = standing(name, (own / name).read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        copy = Copy.UNMARKED  # what is wrong with it is said by who renders it
    return OwnTemplate(name=name, file=own / name, copy=copy)


def _of_files(own: Path) -> Iterator[Finding]:
    """What can be said of each file without filling it, the pages of the web among them."""
    for each in listed(own):
        if each.file is None:
            continue
        try:
            asked = templates_of(own).asked_for(each.name)
        except RenderError as error:
            yield _broken(error)
            continue
        yield from _of_copy(each)
        for name in sorted(asked - _given(each.name)):
            message = f"It asks for `{name}`; none of the program's templates beside it does."
            yield finding("unknown-value", str(each.file), message)


def _of_copy(own: OwnTemplate) -> Iterator[Finding]:
    if own.copy is Copy.UNKNOWN:
        message = "It replaces none of the program's templates."
        yield finding("unknown-template", str(own.file), message)
    elif own.copy is Copy.OUTDATED:
        message = "The program's template has changed since this one was copied."
        yield finding("outdated-template", str(own.file), message)


def _given(name: str) -> frozenset[str]:
    """What the program's templates in the same folder ask for, and so are given."""
    folder = name.rpartition("/")[0]
    ours = [other for other in replaceable() if other.rpartition("/")[0] == folder]
    return frozenset().union(*(templates_of().asked_for(other) for other in ours))


def _of_samples(settings: Settings, now: datetime, own: Path) -> Iterator[Finding]:
    """What the gate says of the samples; each finding is laid at the door of the file it is of."""
    found = once(list(_rendered(settings, now, own)))
    names = [name for name in own_names(own) if name in replaceable()]
    if found and names:
        ours = _with_some(settings, now, own, ())
        alone = {name: _with_some(settings, now, own, (name,)) for name in names}
        found = [_laid(each, _of_one(each, alone, ours), own) for each in found]
        if any(_is_nobodys(each, ours) for each in found):
            rest = {name: _with_some(settings, now, own, set(names) - {name}) for name in names}
            found = [
                _laid(each, _of_several(each, rest), own) if _is_nobodys(each, ours) else each
                for each in found
            ]
    yield from found


def _rendered(settings: Settings, now: datetime, own: Path) -> Iterator[Finding]:
    for form in Form:
        yield from _digest(settings, now, own, form)
        yield from _letters(settings, own, form)


def _digest(settings: Settings, now: datetime, own: Path, form: Form) -> Iterator[Finding]:
    digest, tags = sample_digest(settings, now, form=form), tags_of(settings, NONCE)
    try:
        mail = render(digest, tags, overrides=own)
    except RenderError as error:
        yield _broken(error)
        return
    yield from check(mail, tags, digest.masthead)
    yield from indiscretions(settings, NONCE, mail)


def _letters(settings: Settings, own: Path, form: Form) -> Iterator[Finding]:
    look = look_of(settings)
    for letter in sample_letters(settings, form):
        try:
            mail = render_letter(letter, look, own=own)
        except RenderError as error:
            yield _broken(error)
            continue
        name = f"confirm/{letter.kind}"
        yield from check_letter(name, mail.subject, mail.html, mail.text, masthead_of(settings))


def _broken(error: RenderError) -> Finding:
    place = f"{error.file}, line {error.line}" if error.line else error.file
    return finding("broken-template", place or "templates", error.message, error.mend)


def _with_some(
    settings: Settings, now: datetime, own: Path, names: Collection[str]
) -> set[tuple[str, str]]:
    """What is found when only these files of the admin's own are there."""
    with TemporaryDirectory() as place:
        for name in names:
            file = Path(place) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(own / name, file)
        return {_kind(each) for each in _rendered(settings, now, Path(place))}


def _kind(each: Finding) -> tuple[str, str]:
    return each.code, each.message


def _is_nobodys(each: Finding, ours: set[tuple[str, str]]) -> bool:
    """Whether no single file of the admin's own was found to be to blame, and none of ours is."""
    return each.mend in {ORIGIN, WHICH_TEMPLATE} and _kind(each) not in ours


def _of_one(
    each: Finding, alone: Mapping[str, set[tuple[str, str]]], ours: set[tuple[str, str]]
) -> list[str]:
    """The first file that is to blame all alone."""
    if _kind(each) in ours:
        return []
    return [name for name, found in alone.items() if _kind(each) in found][:1]


def _of_several(each: Finding, rest: Mapping[str, set[tuple[str, str]]]) -> list[str]:
    """The files without any of which all would be well."""
    return [name for name, found in rest.items() if _kind(each) not in found]


def _laid(each: Finding, blamed: Sequence[str], own: Path) -> Finding:
    """The finding at the door of these files, if there are any."""
    if not blamed:
        return each
    mend = TEMPLATE if each.mend in {ORIGIN, WHICH_TEMPLATE} else each.mend
    files = " and ".join(str(own / name) for name in blamed)
    return replace(each, place=f"{files}: {each.place}", mend=mend)
