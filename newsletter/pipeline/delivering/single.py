"""Messages handed over one at a time, as SMTP does: each is noted before and after."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from newsletter.delivery.answers import Answer
from newsletter.delivery.plan import skip_at_submission
from newsletter.delivery.settling import MessageStep, decide_message, next_try
from newsletter.model.delivery import ClaimedBatch, DeliveryState, Recipient
from newsletter.pipeline.context import Context
from newsletter.pipeline.delivering import claiming, writing
from newsletter.store import addressees, messages

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Singles:
    """The single messages of a run's batches."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._errors: defaultdict[int, list[str]] = defaultdict(list)

    def begin(self, claimed: ClaimedBatch, person: Recipient) -> bool:
        """Looks once more at the person and marks the message as on its way; False: not to be sent.

        Waits for its turn where so many messages a second are allowed.
        """
        self._wait_for_turn()

        def write(connection: Connection) -> bool:
            status, suppression = addressees.standing(connection, person.subscriber_id)
            if reason := skip_at_submission(status, suppression):
                addressees.skip(connection, claimed, {person.delivery_id: reason})
                return False
            lease = claiming.lease(self._context)
            return messages.begin(connection, claimed, person.delivery_id, lease=lease)

        return writing.committed(self._context, write)

    def settle(self, claimed: ClaimedBatch, person: Recipient, answer: Answer) -> MessageStep:
        """Writes down what became of a message; gives the step."""
        step = decide_message(answer, claimed.attempt)
        writing.committed(
            self._context,
            lambda connection: messages.end(
                connection, person.delivery_id, step.state, step.reason
            ),
        )
        if step.state is DeliveryState.PLANNED:
            self._errors[claimed.id].append(step.error)
        return step

    def conclude(self, claimed: ClaimedBatch, attempts: int) -> None:
        """Ends a batch; what was put off is planned anew."""
        errors, now = self._errors.pop(claimed.id, []), self._context.now()
        writing.committed(
            self._context,
            lambda connection: messages.conclude(
                connection,
                claimed,
                now=now,
                not_before=next_try(attempts, now) if errors else None,
                error=errors[-1] if errors else "",
            ),
        )

    def _wait_for_turn(self) -> None:
        while True:
            with self._context.database.begin() as connection:
                seconds = claiming.take_request(self._context, connection)
            if not seconds:
                return
            self._context.pause(seconds)
