"""Queries of what the registers said of trials: a row for each version of a record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, select, update

from newsletter.model.trial import RecordDate, Register, Site, StoredRecord, TrialRecord
from newsletter.store.trial_tables import trial_record

_FIELDS = frozenset(field.name for field in fields(TrialRecord))
_DATES = ("start", "primary_completion", "completion")
_TUPLES = ("phases", "aliases", "same_as")


def add(connection: Connection, trial_id: int, record: TrialRecord, *, now: datetime) -> bool:
    """Keeps a record, if it says anything else than the last one; whether it does."""
    text = _as_text(record)
    record_hash = hashlib.sha256(text.encode()).hexdigest()
    last = connection.execute(
        select(trial_record.c.number, trial_record.c.record_hash)
        .where(trial_record.c.trial_id == trial_id)
        .order_by(trial_record.c.number.desc())
        .limit(1)
    ).one_or_none()
    if last is not None and last.record_hash == record_hash:
        return False
    connection.execute(
        insert(trial_record).values(
            trial_id=trial_id,
            number=last.number + 1 if last else 1,
            seen_at=now,
            record_hash=record_hash,
            record=text,
        )
    )
    return True


def history(connection: Connection, trial_id: int) -> list[StoredRecord]:
    """All records of a trial, oldest first."""
    rows = connection.execute(
        select(trial_record)
        .where(trial_record.c.trial_id == trial_id)
        .order_by(trial_record.c.number)
    )
    return [_as_stored(row) for row in rows]


def newest(connection: Connection, trial_ids: Collection[int]) -> dict[int, StoredRecord]:
    """The newest record of each trial that has one."""
    return _picked(connection, trial_ids, func.max(trial_record.c.number))


def as_of(
    connection: Connection, trial_ids: Collection[int], since: datetime
) -> dict[int, StoredRecord]:
    """What was known of each trial at that time; where nothing was, its baseline."""
    before = _picked(
        connection, trial_ids, func.max(trial_record.c.number), trial_record.c.seen_at <= since
    )
    return _picked(connection, trial_ids, func.min(trial_record.c.number)) | before


def by_ids(connection: Connection, record_ids: Collection[int]) -> list[StoredRecord]:
    """These records."""
    rows = connection.execute(select(trial_record).where(trial_record.c.id.in_(record_ids)))
    return [_as_stored(row) for row in rows]


def approve(connection: Connection, record_id: int, *, now: datetime) -> None:
    """Notes that the admin wants what changed with this record to be told."""
    connection.execute(
        update(trial_record).where(trial_record.c.id == record_id).values(approved_at=now)
    )


def _picked(
    connection: Connection, trial_ids: Collection[int], number: Any, *where: Any
) -> dict[int, StoredRecord]:
    wanted = sorted(set(trial_ids))
    found: dict[int, StoredRecord] = {}
    for start in range(0, len(wanted), 500):
        piece = wanted[start : start + 500]
        chosen = (
            select(trial_record.c.trial_id, number.label("number"))
            .where(trial_record.c.trial_id.in_(piece), *where)
            .group_by(trial_record.c.trial_id)
            .subquery()
        )
        rows = connection.execute(
            select(trial_record).join(
                chosen,
                and_(
                    chosen.c.trial_id == trial_record.c.trial_id,
                    chosen.c.number == trial_record.c.number,
                ),
            )
        )
        found |= {row.trial_id: _as_stored(row) for row in rows}
    return found


def _as_stored(row: Row[Any]) -> StoredRecord:
    return StoredRecord(
        id=row.id,
        trial_id=row.trial_id,
        number=row.number,
        seen_at=row.seen_at,
        record=_from_text(row.record),
        approved_at=row.approved_at,
    )


def _as_text(record: TrialRecord) -> str:
    """The record as canonical JSON: the same record always gives the same text."""
    return json.dumps(asdict(record), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _from_text(text: str) -> TrialRecord:
    """The record; what an older or newer version of this program kept besides is left out."""
    kept = {name: value for name, value in json.loads(text).items() if name in _FIELDS}
    kept |= {name: RecordDate(**kept[name]) for name in _DATES if name in kept}
    kept |= {name: tuple(kept[name]) for name in _TUPLES if name in kept}
    kept["sites"] = tuple(Site(**site) for site in kept.get("sites", ()))
    kept["register"] = Register(kept["register"])
    return TrialRecord(**kept)
