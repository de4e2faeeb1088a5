"""How far a run is, counted along: asking the ledger after each batch would cost more than it."""

from __future__ import annotations

from newsletter.model.delivery import ClaimedBatch
from newsletter.model.edition import Edition
from newsletter.pipeline.context import Advance, Context
from newsletter.store import outcomes


class Counting:
    """People and batches that are through, from the ledger at first, and then batch by batch."""

    def __init__(self, context: Context, edition: Edition) -> None:
        self._context = context
        self._edition = edition
        self._found: tuple[int, int, int, int] | None = None

    def anew(self) -> None:
        """Counts from the ledger the next time: batches were cut, or are planned anew."""
        self._found = None

    def through(self, claimed: ClaimedBatch) -> None:
        """One more batch is through."""
        if self._found is not None:
            people, of_people, batches, of_batches = self._found
            self._found = (people + claimed.size, of_people, batches + 1, of_batches)
        self.show()

    def show(self) -> None:
        """Shows it to whoever watches."""
        if self._found is None:
            with self._context.database.read() as connection:
                self._found = outcomes.through(connection, self._edition.id)
        people, of_people, batches, of_batches = self._found
        self._context.progress(
            Advance(people=people, of_people=of_people, batches=batches, of_batches=of_batches)
        )
