"""The exports of other services that an import reads and an export writes, one module for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from subscribers.presets import (
    buttondown,
    ghost,
    jetpack,
    listmonk,
    mailchimp,
    mailpoet,
    substack,
)
from subscribers.presets.preset import Preset, folded

PRESETS: Final[dict[str, Preset]] = {
    module.PRESET.key: module.PRESET
    for module in (mailchimp, jetpack, mailpoet, substack, buttondown, listmonk, ghost)
}


def recognised(header: Sequence[str]) -> list[Preset]:
    """The services that a header's columns give away; usually one, or none."""
    names = {folded(name) for name in header}
    return [each for each in PRESETS.values() if any(mark <= names for mark in each.marks)]
