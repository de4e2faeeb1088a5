"""Why something cannot be done with an edition as it is now, and what can be done instead."""

from __future__ import annotations

from datetime import datetime

from newsletter.delivery import window
from newsletter.delivery.states import OPEN_DRAFT
from newsletter.editions.wording import local_time
from newsletter.errors import UsageError
from newsletter.model.edition import Edition, EditionState
from newsletter.pipeline.context import Context
from newsletter.pipeline.report import as_it_is, window_of
from newsletter.store import outcomes


def too_late(context: Context, edition: Edition, last: datetime | None) -> UsageError:
    """It cannot be taken back any more; `last` is when the last mails leave, if any wait."""
    mend = "What was wrong can be put right in the next edition, with a note of yours."
    if last is None or last <= context.now():
        return UsageError(f"{edition.key} is out; it cannot be taken back any more.", mend)
    zone = context.settings.newsletter.zone
    return UsageError(
        f"{edition.key} could be taken back until {local_time(window.cancel_before(last), zone)};"
        f" now it leaves at {local_time(last, zone)}.",
        mend,
    )


def not_cancelled(context: Context, edition: Edition) -> UsageError:
    """It cannot be sent after all: it is not cancelled, or not yet."""
    with context.database.read() as connection:
        found = as_it_is(edition, window_of(connection, edition, context.now()))
    mend = "Only a cancelled edition can be sent after all."
    if found.state is EditionState.CANCELLING:
        mend = f"First end that: run `newsletter editions cancel {found.key}` until it is done."
    return UsageError(f"{found.key} is {found.state.value}, not cancelled.", mend)


def nothing_left(context: Context, edition: Edition) -> UsageError:
    """It cannot be gone on with: it is over, not begun, or only the admin can decide the rest."""
    key, state = edition.key, edition.state
    with context.database.read() as connection:
        unknown = outcomes.recipients(connection, edition.id).unknown
    if unknown:
        return UsageError(
            f"{key} is {state.value}: all that is left of it is of unknown end.",
            f"Decide it with `newsletter editions resume {key} --assume accepted` or `--assume"
            " lost`; both first tell what they risk.",
        )
    mends = {
        EditionState.CANCELLED: f"`newsletter editions reopen {key}` sends it after all.",
        **dict.fromkeys(OPEN_DRAFT, "`newsletter send` sends the edition of this period."),
    }
    return UsageError(
        f"{key} is {state.value}: there is nothing to go on with.",
        mends.get(state, f"See `newsletter editions show {key}`."),
    )
