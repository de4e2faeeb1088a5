"""What every command gets: where the settings are, and how the answer is wanted."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from newsletter.wiring import Wiring


@dataclass(slots=True)
class App:
    """One call of the command line. `json` is set by the `--json` option of the command."""

    config: Path
    debug: bool = False
    json: bool = False
    _wiring: Wiring | None = field(default=None, repr=False)

    def wiring(self) -> Wiring:
        """The objects the settings describe, made at the first call.

        Raises SettingsError when the settings file is missing or wrong.
        """
        if self._wiring is None:
            from newsletter.wiring import wire

            self._wiring = wire(self.config)
        return self._wiring

    def settings_changed(self) -> None:
        """Forgets the objects, so that the next `wiring` reads the settings anew."""
        self.close()
        self._wiring = None

    def close(self) -> None:
        """Gives the database back, if it was opened."""
        if self._wiring is not None:
            self._wiring.close()


NUMBER = click.IntRange(min=1, max=2**31 - 1)
"""The number of a post, as an argument: what the key of a row can be."""


class _PostOrTrial(click.ParamType[int | str]):
    """Digits alone are the number of a post, anything else that of a trial in a register."""

    name = "number"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        return int(NUMBER(value, param, ctx)) if value.lstrip("-").isdecimal() else value


POST_OR_TRIAL = _PostOrTrial()
"""A post or a trial of an edition, as an argument."""

pass_app = click.make_pass_decorator(App)
