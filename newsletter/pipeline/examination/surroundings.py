"""What an examination is given: the settings, and ways to ask what is outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from newsletter.config import Settings
from newsletter.delivery.resolver import Ask
from newsletter.model.edition import Channel
from newsletter.pipeline.context import Fetch


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """One examination's world. `now` gives an aware time.

    `rehearsed_clock`: the calendar was set for a rehearsal, so it says nothing of this computer's.
    `proxy` is what leads to SendGrid, a URL or nothing. `dkim_selector` may be empty.
    """

    settings: Settings
    now: Callable[[], datetime]
    rehearsed_clock: bool
    fetch: Fetch
    ask: Ask
    proxy: str | None = None
    dkim_selector: str = ""

    @property
    def transport(self) -> str:
        """The name of the transport: `outbox`, `smtp` or `sendgrid`."""
        return self.settings.delivery.transport

    @property
    def real(self) -> bool:
        """Whether mails really go out."""
        return self.transport != "outbox"

    @property
    def channel(self) -> Channel:
        """Where editions go."""
        return Channel.REAL if self.real else Channel.REHEARSAL
