"""Queries of trials: which posts mention them, who is followed, and when registers were reached."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, delete, func, insert, or_, select, update

from newsletter.model.post import PostSummary
from newsletter.model.trial import Attention, KnownTrial, Register, RegisterState, TrialId
from newsletter.store.posts import summaries
from newsletter.store.tables import revision
from newsletter.store.trial_tables import post_trial, register, trial, trial_search

_PIECE = 500
"""Rows asked for by their keys at a time: databases limit the variables of a statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsearched:
    """The newest revision of a post that was not searched for trials yet."""

    post_id: int
    revision_id: int
    title: str
    html: str


def unsearched(connection: Connection, patterns: int, *, limit: int) -> list[Unsearched]:
    """The next posts to search with this version of the patterns, by revision; empty when done."""
    newest = (
        select(revision.c.post_id, func.max(revision.c.number).label("number"))
        .group_by(revision.c.post_id)
        .subquery()
    )
    rows = connection.execute(
        select(revision.c.post_id, revision.c.id, revision.c.title, revision.c.html)
        .join(
            newest,
            and_(newest.c.post_id == revision.c.post_id, newest.c.number == revision.c.number),
        )
        .where(revision.c.id > _searched_through(connection, patterns))
        .order_by(revision.c.id)
        .limit(limit)
    )
    return [
        Unsearched(post_id=row.post_id, revision_id=row.id, title=row.title, html=row.html)
        for row in rows
    ]


def _searched_through(connection: Connection, patterns: int) -> int:
    query = select(trial_search.c.revision_id).where(trial_search.c.patterns == patterns)
    return connection.execute(query).scalar() or 0


def note_searched(connection: Connection, patterns: int, revision_id: int) -> None:
    """Notes up to which revision posts were searched."""
    connection.execute(delete(trial_search))
    connection.execute(insert(trial_search).values(patterns=patterns, revision_id=revision_id))


def set_mentions(
    connection: Connection,
    post_id: int,
    trials: Sequence[TrialId],
    attention: Attention,
    *,
    now: datetime,
) -> None:
    """Notes which trials a post mentions, in this order, in place of what was noted before.

    `attention` is for trials that are new, or that were only mentioned until now; what the admin
    has decided stays.
    """
    connection.execute(delete(post_trial).where(post_trial.c.post_id == post_id))
    for position, each in enumerate(trials):
        connection.execute(
            insert(post_trial).values(
                post_id=post_id,
                trial_id=ensure(connection, each, attention, now=now),
                position=position,
            )
        )


def ensure(connection: Connection, each: TrialId, attention: Attention, *, now: datetime) -> int:
    """The trial's id, noted now if it was not known."""
    found = connection.execute(select(trial.c.id, trial.c.attention).where(_is(each))).one_or_none()
    if found is None:
        made = connection.execute(
            insert(trial).values(
                register=each.register, number=each.number, attention=attention, first_seen_at=now
            )
        )
        key: Any = made.inserted_primary_key
        return int(key[0])
    if found.attention == Attention.MENTIONED and attention is not Attention.MENTIONED:
        set_attention(connection, found.id, attention)
    return int(found.id)


def set_attention(connection: Connection, trial_id: int, attention: Attention) -> None:
    """Follows a trial, or no longer."""
    connection.execute(update(trial).where(trial.c.id == trial_id).values(attention=attention))


def get(connection: Connection, each: TrialId) -> KnownTrial | None:
    """One trial; None when no post mentions it and nobody follows it."""
    row = connection.execute(_known().where(_is(each))).one_or_none()
    return _as_known(row) if row else None


def listed(connection: Connection, *, attention: Collection[Attention] = ()) -> list[KnownTrial]:
    """The trials, by register and number; of all kinds, or only of these."""
    query = _known().order_by(trial.c.register, trial.c.number)
    if attention:
        query = query.where(trial.c.attention.in_(list(attention)))
    return [_as_known(row) for row in connection.execute(query)]


def asked_for(connection: Connection, of: Register) -> list[KnownTrial]:
    """The trials of a register that are worth asking for: mentioned by a post, or followed."""
    query = (
        _known()
        .where(trial.c.register == of)
        .where(or_(_mentions() > 0, trial.c.attention == Attention.FOLLOWED))
    )
    return [_as_known(row) for row in connection.execute(query.order_by(trial.c.id))]


def of_posts(connection: Connection, post_ids: Collection[int]) -> dict[int, list[KnownTrial]]:
    """The trials of each of these posts, in the order of its text."""
    found: dict[int, list[KnownTrial]] = {}
    for piece in _pieces(post_ids):
        rows = connection.execute(
            _known()
            .add_columns(post_trial.c.post_id)
            .join(post_trial, post_trial.c.trial_id == trial.c.id)
            .where(post_trial.c.post_id.in_(piece))
            .order_by(post_trial.c.post_id, post_trial.c.position)
        )
        for row in rows:
            found.setdefault(row.post_id, []).append(_as_known(row))
    return found


def post_ids(connection: Connection, trial_id: int | None = None) -> list[int]:
    """The ids of the posts that mention a trial (or any)."""
    query = select(post_trial.c.post_id).distinct().order_by(post_trial.c.post_id)
    if trial_id is not None:
        query = query.where(post_trial.c.trial_id == trial_id)
    return list(connection.execute(query).scalars())


def posts_with(connection: Connection, trial_id: int | None = None) -> list[PostSummary]:
    """The posts that mention a trial (or any), newest first."""
    wanted = set(post_ids(connection, trial_id))
    return [each for each in summaries(connection) if each.id in wanted]


def note_checked(
    connection: Connection,
    trial_ids: Iterable[int],
    *,
    now: datetime,
    data_timestamp: str,
    missing: bool = False,
) -> None:
    """Notes that the register answered for these trials."""
    for piece in _pieces(trial_ids):
        connection.execute(
            update(trial)
            .where(trial.c.id.in_(piece))
            .values(checked_at=now, data_timestamp=data_timestamp, missing=missing)
        )


def note_unchanged(
    connection: Connection, of: Register, *, now: datetime, data_timestamp: str
) -> None:
    """Notes that the register was reached, and that its data are those of the last asking."""
    connection.execute(
        update(trial)
        .where(trial.c.register == of, trial.c.data_timestamp == data_timestamp)
        .where(trial.c.missing.is_(False))
        .values(checked_at=now)
    )


def state(connection: Connection, of: Register) -> RegisterState:
    """How the register was last reached."""
    row = connection.execute(select(register).where(register.c.name == of)).one_or_none()
    if row is None:
        return RegisterState(register=of)
    return RegisterState(
        register=of,
        data_timestamp=row.data_timestamp,
        reached_at=row.reached_at,
        failures=row.failures,
        error=row.error,
    )


def note_reached(
    connection: Connection, of: Register, *, now: datetime, data_timestamp: str
) -> None:
    """Notes that the register answered."""
    _note(connection, of, data_timestamp=data_timestamp, reached_at=now, failures=0, error="")


def note_failure(connection: Connection, of: Register, error: str) -> None:
    """Notes that it did not, and why."""
    failures = state(connection, of).failures + 1
    _note(connection, of, failures=failures, error=error)


def _note(connection: Connection, of: Register, **values: Any) -> None:
    done = connection.execute(update(register).where(register.c.name == of).values(**values))
    if not done.rowcount:
        connection.execute(insert(register).values(name=of, **values))


def _known() -> Select[Any]:
    return select(trial, _mentions().label("posts"))


def _mentions() -> Any:
    return (
        select(func.count())
        .select_from(post_trial)
        .where(post_trial.c.trial_id == trial.c.id)
        .correlate(trial)
        .scalar_subquery()
    )


def _is(each: TrialId) -> Any:
    return and_(trial.c.register == each.register, trial.c.number == each.number)


def _as_known(row: Row[Any]) -> KnownTrial:
    return KnownTrial(
        id=row.id,
        trial=TrialId(Register(row.register), row.number),
        attention=Attention(row.attention),
        first_seen_at=row.first_seen_at,
        checked_at=row.checked_at,
        data_timestamp=row.data_timestamp,
        missing=row.missing,
        posts=row.posts,
    )


def _pieces(keys: Iterable[int]) -> Iterator[list[int]]:
    wanted = sorted(set(keys))
    for start in range(0, len(wanted), _PIECE):
        yield wanted[start : start + _PIECE]
