"""The shape of the settings: which there are, in which sections, and what each must look like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from newsletter.config.lines import Path
from newsletter.config.model import Settings


def known_part(path: Path) -> Path:
    """The path without what pydantic adds for unions and the like, which no setting is called."""
    for length in range(len(path), 0, -1):
        if isinstance(path[length - 1], int) or str(path[length - 1]) in fields_at(
            path[: length - 1]
        ):
            return path[:length]
    return path


def model_at(path: Path) -> type[BaseModel] | None:
    """The section a path leads to; None for a plain setting or nothing."""
    model: type[BaseModel] | None = Settings
    for part in path:
        if isinstance(part, int):
            continue
        info = model.model_fields.get(part) if model else None
        model = _section_in(info.annotation) if info else None
    return model


def fields_at(path: Path) -> dict[str, FieldInfo]:
    """The settings of the section a path leads to, by name."""
    model = model_at(path)
    return dict(model.model_fields) if model else {}


def _section_in(annotation: Any) -> type[BaseModel] | None:
    """The section in `DeliverySettings` or in `tuple[FeedSettings, ...]`."""
    for kind in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def is_list(path: Path) -> bool:
    """Whether a plain setting is a list of values."""
    info = fields_at(path[:-1]).get(str(path[-1]))
    return get_origin(info.annotation if info else None) is tuple


def expectation(path: Path) -> str:
    """What a setting must look like, in words."""
    names = [part for part in path if isinstance(part, str)]
    info = fields_at(tuple(names[:-1])).get(names[-1]) if names else None
    extra = info.json_schema_extra if info else None
    if isinstance(extra, dict) and "expected" in extra:
        return str(extra["expected"])
    return f"a section [{'.'.join(names)}]" if model_at(tuple(names)) else "something else"


def all_settings(path: Path = ()) -> Iterator[Path]:
    """The path of every setting, sections left out; those of lists without their numbers."""
    for name in fields_at(path):
        if model_at((*path, name)):
            yield from all_settings((*path, name))
        else:
            yield (*path, name)
