"""What of an edition waits at the provider, and until when it can be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newsletter.delivery.window import cancel_before
from newsletter.model.delivery import ProviderIdState, Recipients
from newsletter.model.edition import Edition
from newsletter.pipeline.context import Context
from newsletter.store import provider_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """So many people's mails wait. `leaves`: when the last of them leave; `cancel_before`: until
    when all of them can be taken back, None when it is too late. Times are UTC.
    """

    people: int
    leaves: datetime
    cancel_before: datetime | None


def waiting_of(context: Context, edition: Edition, recipients: Recipients) -> Waiting | None:
    """What waits now; None when nothing does. What has left before is not counted."""
    now = context.now()
    with context.database.read() as connection:
        ids = provider_ids.of_edition(
            connection, edition.id, ProviderIdState.OPEN, ProviderIdState.CLOSING
        )
        under = [
            (each.send_at, provider_ids.people_under(connection, each.id))
            for each in ids
            if each.send_at is not None and each.send_at > now
        ]
    times = [at for at, people in under if people]
    if not times:
        return None
    until = cancel_before(min(times))
    return Waiting(
        people=min(sum(people for _, people in under), recipients.accepted),
        leaves=max(times),
        cancel_before=until if until > now else None,
    )
