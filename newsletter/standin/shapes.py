"""The shape of JSON values, and what is wrong with one that does not have it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Problem(NamedTuple):
    """What is wrong and where; `field` is like `personalizations.3.to.0.email`, empty: nowhere."""

    message: str
    field: str


@dataclass(frozen=True, slots=True)
class Text:
    """A string of so many characters; `among`: one of these."""

    least: int = 0
    most: int | None = None
    among: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Address(Text):
    """A string that is an e-mail address."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number."""


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false; never "true" or 1."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of things of one shape."""

    of: Shape
    most: int | None = None
    unique: bool = False


@dataclass(frozen=True, slots=True)
class Mapped:
    """An object: known fields, those it must have, and a shape for all its other values."""

    fields: Mapping[str, Shape] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    values: Shape | None = None


Shape = Text | Whole | Flag | Listing | Mapped

_NAMES: dict[type, str] = {
    str: "string", bool: "boolean", int: "integer", float: "number", list: "array",
    dict: "object", type(None): "null",
}  # fmt: skip
_WANTED: dict[type, type] = {
    Text: str, Address: str, Whole: int, Flag: bool, Listing: list, Mapped: dict
}  # fmt: skip
_ADDRESS = re.compile(
    r"(?=[^@]{1,64}@)[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])",
    re.ASCII | re.IGNORECASE,
)
is_address = _ADDRESS.fullmatch
"""Whether a string is an address one can write to."""

LONGEST_ADDRESS = 254


def wrong_type(value: object, wanted: type, where: str) -> Problem:
    """The words for a value of another type."""
    given = _NAMES.get(type(value), "unknown")
    return Problem(f"Invalid type. Expected: {_NAMES[wanted]}, given: {given}.", where)


def problems_of(value: object, shape: Shape, where: str) -> Iterator[Problem]:
    """Everything in which a value differs from a shape."""
    wanted = _WANTED[type(shape)]
    if type(value) is not wanted:
        yield wrong_type(value, wanted, where)
    elif isinstance(shape, Text):
        yield from _text_problems(str(value), shape, where)
    elif isinstance(shape, Listing):
        assert isinstance(value, list)
        yield from _list_problems(value, shape, where)
    elif isinstance(shape, Mapped):
        assert isinstance(value, dict)
        yield from _object_problems(value, shape, where)


def _text_problems(value: str, shape: Text, where: str) -> Iterator[Problem]:
    if isinstance(shape, Address):
        if len(value) > LONGEST_ADDRESS or not is_address(value):
            yield Problem("Does not contain a valid address.", where)
    elif len(value) < shape.least:
        yield Problem(f"It must have at least {shape.least} character(s).", where)
    elif shape.most is not None and len(value) > shape.most:
        yield Problem(f"It must have at most {shape.most} characters.", where)
    elif shape.among and value not in shape.among:
        yield Problem(f"It must be one of: {', '.join(shape.among)}.", where)


def _list_problems(value: list[object], shape: Listing, where: str) -> Iterator[Problem]:
    if shape.most is not None and len(value) > shape.most:
        yield Problem(f"It must have at most {shape.most} entries; there are {len(value)}.", where)
    if shape.unique and any(value.index(part) != place for place, part in enumerate(value)):
        yield Problem("Its entries must differ from each other.", where)
    for place, part in enumerate(value):
        yield from problems_of(part, shape.of, f"{where}.{place}")


def _object_problems(value: dict[str, object], shape: Mapped, where: str) -> Iterator[Problem]:
    inside = f"{where}." if where else ""
    for name in shape.required:
        if name not in value:
            yield Problem(f"The {name} field is required.", f"{inside}{name}")
    for name, part in value.items():
        found = shape.fields.get(name, shape.values)
        if found is not None:
            yield from problems_of(part, found, f"{inside}{name}")
