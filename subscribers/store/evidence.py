"""Queries about the evidence: who agreed to what, when, and by which way; lines are only added.

The caller owns the connection and its transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, or_, select

from subscribers.model import AGREED, Consent, ConsentKind, Method
from subscribers.store import bulk
from subscribers.store.tables import consent, wording


class Evidence(NamedTuple):
    """A consent to be written down for one subscriber."""

    subscriber_id: int
    happened_at: datetime
    kind: ConsentKind
    source: str
    wording: str = ""
    """The version of what was shown; see `wordings`."""
    method: Method = Method.UNSTATED
    detail: str = ""
    network: str = ""


def record_consents(conn: Connection, lines: Sequence[Evidence], now: datetime) -> None:
    """Add lines to the evidence, written down `now`."""
    if not lines:
        return
    to_driver = bulk.to_driver(conn)
    recorded = to_driver(now)
    rows = [
        (
            *(each.subscriber_id, to_driver(each.happened_at), each.kind.value, each.source),
            *(each.wording, each.method.value, each.detail, each.network, recorded),
        )
        for each in lines
    ]
    bulk.insert_rows(conn, consent, (*Evidence._fields, "recorded_at"), rows)


def keep_wording(conn: Connection, text: str, now: datetime) -> str:
    """The version of a text that people are shown, which is written down at its first use."""
    version = hashlib.sha256(text.encode()).hexdigest()[:16]
    columns = ("version", "text", "first_shown_at")
    row = (version, text, bulk.to_driver(conn)(now))
    bulk.insert_rows(conn, wording, columns, [row], ignoring="version")
    return version


def wording_of(conn: Connection, version: str) -> str:
    """The text of a version; "" for none."""
    query = select(wording.c.text).where(wording.c.version == version)
    return conn.execute(query).scalar() or ""


def consents_of(conn: Connection, subscriber_id: int) -> tuple[Consent, ...]:
    """A person's evidence, oldest first."""
    wanted = consent.c.subscriber_id == subscriber_id
    query = select(consent, wording.c.text).outerjoin(
        wording, wording.c.version == consent.c.wording
    )
    rows = conn.execute(query.where(wanted).order_by(consent.c.id))
    return tuple(
        Consent(
            happened_at=row.happened_at,
            recorded_at=row.recorded_at,
            kind=ConsentKind(row.kind),
            source=row.source,
            wording=row.text or "",
            wording_version=row.wording,
            method=Method(row.method),
            detail=row.detail,
            network=row.network,
        )
        for row in rows
    )


def agreed(
    conn: Connection, ids: Sequence[int], *, but_imported_at: datetime | None = None
) -> dict[int, datetime]:
    """When each last agreed, where that is known; an import of that very time does not count."""
    imported = (consent.c.kind == ConsentKind.IMPORTED.value) & (
        consent.c.happened_at != consent.c.recorded_at
    )
    if but_imported_at is not None:
        imported &= consent.c.recorded_at != but_imported_at
    stated = or_(consent.c.kind == ConsentKind.GIVEN.value, imported)
    query = select(consent.c.subscriber_id, func.max(consent.c.happened_at))
    wanted = query.where(consent.c.subscriber_id.in_(ids), stated)
    rows = conn.execute(wanted.group_by(consent.c.subscriber_id))
    return {row[0]: row[1] for row in rows}


def latest_sources(conn: Connection, ids: Sequence[int]) -> dict[int, str]:
    """Where each person's latest consent came from."""
    first, last = ids[0], ids[-1]
    rows = conn.execute(
        select(consent.c.subscriber_id, consent.c.source)
        .where(consent.c.subscriber_id.between(first, last))
        .where(consent.c.kind.in_(AGREED))
        .order_by(consent.c.id)
    )
    return {row[0]: row[1] for row in rows}


def departures(conn: Connection, ids: Sequence[int]) -> dict[int, datetime]:
    """When each of these people last left, if ever."""
    rows = conn.execute(
        select(consent.c.subscriber_id, func.max(consent.c.happened_at))
        .where(consent.c.subscriber_id.between(ids[0], ids[-1]))
        .where(consent.c.kind == ConsentKind.WITHDRAWN.value)
        .group_by(consent.c.subscriber_id)
    )
    return {row[0]: row[1] for row in rows}
