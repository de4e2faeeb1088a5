"""How a setting is declared, and the kinds of values that settings have.

`meaning` and `expected` are read by people: in docs/reference/settings.md, and in the messages
about wrong settings.
"""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict

from newsletter.config import checks

STRICT = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)
"""Of every section: no conversions, no unknown keys, and no value in a foreign message."""


def setting(default: Any, meaning: str, expected: str, **bounds: Any) -> Any:
    """A setting; `...` as its default makes it required. `bounds` are those of pydantic."""
    extra: JsonDict = {"expected": expected}
    return Field(default, description=meaning, json_schema_extra=extra, **bounds)


def section(kind: type[BaseModel], meaning: str) -> Any:
    """A section of settings that may be left out."""
    return Field(default_factory=kind, description=meaning)


def _optional_mailbox(value: str) -> str:
    return checks.mailbox(value)[1] if value.strip() else ""


def _optional_root(value: str) -> str:
    return checks.root_address(value) if value.strip() else ""


def _optional_secure(value: str) -> str:
    return checks.secure_address(value) if value.strip() else ""


def _optional_line(value: str) -> str:
    return checks.one_line(value) if value.strip() else ""


def _name_or_mailbox(value: str) -> str:
    if "@" in value:
        return checks.sender_line(value)
    return checks.mailbox(f"{value} <news@example.org>")[0]


def _words(value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(checks.one_line(word) for word in value)


Line = Annotated[str, AfterValidator(checks.one_line)]
OptionalLine = Annotated[str, AfterValidator(_optional_line)]
Mailbox = Annotated[str, AfterValidator(checks.sender_line)]
OptionalMailbox = Annotated[str, AfterValidator(_optional_mailbox)]
NameOrMailbox = Annotated[str, AfterValidator(_name_or_mailbox)]
Words = Annotated[tuple[str, ...], AfterValidator(_words)]
Secure = Annotated[str, AfterValidator(checks.secure_address)]
OptionalSecure = Annotated[str, AfterValidator(_optional_secure)]
Root = Annotated[str, AfterValidator(checks.root_address)]
OptionalRoot = Annotated[str, AfterValidator(_optional_root)]
WebAddress = Annotated[str, AfterValidator(checks.web_address)]
TimeZone = Annotated[str, AfterValidator(checks.time_zone)]
Language = Annotated[str, AfterValidator(checks.language)]
StoreAddress = Annotated[str, AfterValidator(checks.store_address)]
UndoMinutes = Annotated[int, AfterValidator(checks.undo_window)]
WarmUp = Annotated[tuple[int, ...], AfterValidator(checks.warmup_plan)]
Colour = Annotated[str, AfterValidator(checks.colour)]
Folder = Annotated[str, AfterValidator(checks.folder)]
Pattern = Annotated[str, AfterValidator(checks.pattern)]
ClockTime = Annotated[time, BeforeValidator(checks.clock_time)]
