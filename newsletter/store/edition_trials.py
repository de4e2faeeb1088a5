"""Queries of what editions told of trials: by which record readers know of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from newsletter.model.edition import Channel, DigestItem, EditionState, TrialUpdate
from newsletter.store.news import settled
from newsletter.store.shown import update_of, update_row
from newsletter.store.tables import edition
from newsletter.store.trial_tables import edition_trial, trial, trial_record

_OPEN = (EditionState.DRAFT, EditionState.HELD)


def replace(
    connection: Connection,
    edition_id: int,
    *,
    updates: Sequence[TrialUpdate],
    left_out: Sequence[TrialUpdate],
    items: Sequence[DigestItem],
) -> None:
    """Replaces what a draft tells of trials: by themselves, and beneath the posts of `items`.

    `left_out` are the updates that the admin dropped.
    """
    connection.execute(delete(edition_trial).where(edition_trial.c.edition_id == edition_id))
    shown = {
        u.note.record_id: (u, at >= len(updates)) for at, u in enumerate((*updates, *left_out))
    }
    beneath = {note.record_id: None for item in items for note in item.trials}
    rows: list[dict[str, Any]] = [
        {
            "edition_id": edition_id,
            "record_id": record_id,
            "position": position,
            "dropped": given is not None and given[1],
            "shown": update_row(given[0]) if given else None,
        }
        for position, (record_id, given) in enumerate({**beneath, **shown}.items())
        if record_id is not None
    ]
    if rows:
        connection.execute(insert(edition_trial), rows)


def updates(connection: Connection, edition_id: int, *, dropped: bool = False) -> list[TrialUpdate]:
    """The trial updates of an edition, in its order; or with `dropped` what was left out of it."""
    rows = connection.execute(
        select(edition_trial.c.shown)
        .where(edition_trial.c.edition_id == edition_id, edition_trial.c.dropped == dropped)
        .order_by(edition_trial.c.position)
    )
    return [update_of(row.shown) for row in rows if row.shown is not None]


def dropped_records(connection: Connection, edition_id: int) -> frozenset[int]:
    """The records whose news the admin left out."""
    query = select(edition_trial.c.record_id).where(
        edition_trial.c.edition_id == edition_id, edition_trial.c.dropped.is_(True)
    )
    return frozenset(connection.execute(query).scalars())


def drop(connection: Connection, edition_id: int, number: str, *, dropped: bool) -> bool:
    """Leaves the update of the trial with this number out of a draft, or takes it in again.

    False if it is in no draft.
    """
    records = (
        select(trial_record.c.id)
        .join(trial, trial.c.id == trial_record.c.trial_id)
        .where(trial.c.number == number)
    )
    open_draft = select(edition.c.id).where(edition.c.frozen_at.is_(None))
    result = connection.execute(
        update(edition_trial)
        .where(edition_trial.c.edition_id == edition_id, edition_trial.c.record_id.in_(records))
        .where(edition_trial.c.edition_id.in_(open_draft), edition_trial.c.shown.is_not(None))
        .values(dropped=dropped)
    )
    return result.rowcount > 0


def drafted(connection: Connection, channel: Channel) -> frozenset[int]:
    """The records that the open drafts of a channel tell of, or that were left out of them."""
    query = (
        select(edition_trial.c.record_id)
        .join(edition, edition.c.id == edition_trial.c.edition_id)
        .where(edition.c.channel == channel, edition.c.state.in_(_OPEN))
    )
    return frozenset(connection.execute(query).scalars())


def told(connection: Connection, channel: Channel) -> dict[int, int]:
    """For each trial (its id) the newest record that the channel's readers were told of.

    Told is what was in a frozen edition that was not cancelled, or was left out of one by the
    admin. A trial that is missing here was never told of.
    """
    rows = connection.execute(_told(channel))
    return {row.trial_id: row.record_id for row in rows}


def _told(channel: Channel) -> Select[Any]:
    return (
        select(trial_record.c.trial_id, func.max(edition_trial.c.record_id).label("record_id"))
        .join(edition_trial, edition_trial.c.record_id == trial_record.c.id)
        .join(edition, edition.c.id == edition_trial.c.edition_id)
        .where(settled(channel, edition_trial.c.dropped))
        .group_by(trial_record.c.trial_id)
    )
