"""What the admin does to an edition by hand: a note, a post left out, approval."""

from __future__ import annotations

import secrets

from newsletter.delivery.states import OPEN_DRAFT
from newsletter.editions.period import next_period, period_of
from newsletter.errors import HeldError, UsageError
from newsletter.model.edition import Edition
from newsletter.pipeline.compose import Composed, as_stored, begin_channel, compose
from newsletter.pipeline.context import Context, schedule_of
from newsletter.pipeline.delivering.freezing import freeze
from newsletter.pipeline.gating import active_people, stops_before
from newsletter.pipeline.naming import named
from newsletter.pipeline.pages import try_links
from newsletter.pipeline.quality import findings_of
from newsletter.store import edition_trials
from newsletter.store import editions as edition_store
from newsletter.store.lock import run_lock
from newsletter.trials.registers import trial_of


def set_note(context: Context, key: str, note: str) -> Composed:
    """Sets the author's introduction of a draft (Markdown; "" takes it out) and composes anew.

    The edition of this period, or of the next, may be given its note before there is any news.
    """
    with run_lock(context.database):
        draft = _early_draft(context, key) or _open_draft(context, key)
        with context.database.begin() as connection:
            edition_store.set_note(connection, draft.id, note)
        return compose(context, draft.period)


def leave_out(context: Context, key: str, post_id: int, *, dropped: bool = True) -> Composed:
    """Leaves a post out of a draft, or takes it in again, and composes anew.

    Readers are not told of what was left out, unless the post changes again.
    """
    with run_lock(context.database):
        draft = _open_draft(context, key)
        with context.database.begin() as connection:
            if not edition_store.drop(connection, draft.id, post_id, dropped=dropped):
                raise UsageError(
                    f"The post {post_id} is not in {key}.",
                    f"See `newsletter editions show {key}` for the numbers of its posts.",
                )
        return compose(context, draft.period)


def leave_trial_out(context: Context, key: str, number: str, *, dropped: bool = True) -> Composed:
    """Leaves a trial update out of a draft, or takes it in again, and composes anew.

    `number` is the trial's in its register. Readers are not told of what was left out, unless the
    register's entry changes again.
    """
    found = trial_of(number)
    wanted = found.number if found else number
    with run_lock(context.database):
        draft = _open_draft(context, key)
        with context.database.begin() as connection:
            if not edition_trials.drop(connection, draft.id, wanted, dropped=dropped):
                raise UsageError(
                    f"{key} has no update of the trial {wanted} by itself.",
                    f"See `newsletter editions show {key}`. What stands beneath a post goes with"
                    " the post.",
                )
        return compose(context, draft.period)


def approve(context: Context, key: str) -> Edition:
    """Freezes exactly the bytes that were previewed last; the next `send` delivers them.

    Raises HeldError when it was not previewed, has changed since, or cannot be approved as it is.
    """
    with run_lock(context.database):
        draft = _open_draft(context, key)
        with context.database.read() as connection:
            stored = as_stored(connection, draft)
        if try_links(context, stored):
            draft = compose(context, draft.period).edition or draft
            with context.database.read() as connection:
                stored = as_stored(connection, draft)
        if not stored.variants:
            raise HeldError(f"{key} cannot be approved: it has nothing to send.", _said(draft))
        if draft.previewed_checksum != draft.checksum:
            seen = (
                "has changed since it was previewed"
                if draft.previewed_checksum
                else ("was not previewed yet")
            )
            raise HeldError(
                f"{key} {seen}.",
                f"Look at it with `newsletter preview {key}`, then approve it.",
            )
        broken = [
            *_broken(context, stored),
            *stops_before(context, stored, active_people(context)).reasons,
        ]
        if broken:
            raise HeldError(f"{key} cannot be approved as it is: {broken[0]}", " ".join(broken[1:]))
        return freeze(context, draft)


def _early_draft(context: Context, key: str) -> Edition | None:
    """A draft for this period or the next, made where none is there yet; else None."""
    schedule, now = schedule_of(context.settings), context.now()
    periods = {p.key: p for p in (next_period(schedule, now), period_of(schedule, now))}
    with context.database.begin() as connection:
        there = edition_store.find(connection, key, context.channel)
        if there is not None or key not in periods:
            return None
        begin_channel(context, connection)
        nonce = secrets.token_hex(8)
        return edition_store.create(connection, periods[key], context.channel, nonce)


def _open_draft(context: Context, key: str) -> Edition:
    edition = named(context, key)
    if edition.state not in OPEN_DRAFT:
        raise UsageError(
            f"{key} is {edition.state.value}: what it says cannot be changed any more.",
            "Posts that changed since come with the next edition.",
        )
    return edition


def _broken(context: Context, stored: Composed) -> list[str]:
    """What approval cannot lift: findings of the quality check."""
    assert stored.edition is not None
    return [
        f"{finding.place}: {finding.message} {finding.mend}"
        for finding in findings_of(context, stored.edition.nonce, stored.variants)
        if finding.error
    ]


def _said(draft: Edition) -> str:
    return " ".join(draft.reasons) or "Wait until there is news, or collect again."
