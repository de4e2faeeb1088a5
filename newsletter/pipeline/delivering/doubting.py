"""Unknown answers in a row, and whether the provider is there at all."""

from __future__ import annotations

from newsletter.delivery.answers import Answer, Taken, Unknown
from newsletter.delivery.settling import UNKNOWNS_IN_A_ROW
from newsletter.errors import TransportError
from newsletter.pipeline.context import Context
from newsletter.pipeline.delivering.stopping import Stop

_MOST_ASKED = 2
"""After so many harmless answers, and no mail taken in between, it is only mails that the provider
has trouble with: more of them would use up its ids for nothing."""


class Doubts:
    """The doubts of one run."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._unknowns = self._asked = 0

    @property
    def too_many(self) -> bool:
        """Nothing more may be handed over before the provider was asked."""
        return self._unknowns >= UNKNOWNS_IN_A_ROW

    def count(self, answer: Answer) -> None:
        """Unknown answers in a row: one that was taken shows that the provider is there."""
        if isinstance(answer, Unknown):
            self._unknowns += 1
        elif isinstance(answer, Taken):
            self._unknowns = self._asked = 0

    def ask(self) -> Stop | None:
        """Asks the provider something harmless; why the run stops, if it does."""
        try:
            self._context.transport.condition()
        except TransportError as error:
            return Stop(error=error.message, mend=error.mend)
        self._unknowns, self._asked = 0, self._asked + 1
        if self._asked < _MOST_ASKED:
            return None
        return Stop(
            error="The provider answers, but not whether it takes mails.",
            mend="Run `newsletter send` in half an hour; it goes on where it stopped.",
        )
