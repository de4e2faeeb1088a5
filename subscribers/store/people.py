"""Queries about people and their consents. The caller owns the connection and its transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, bindparam, delete, func, or_, select, update

from subscribers.model import (
    TOPIC_JOINER,
    Choice,
    Filter,
    Form,
    Subscriber,
    SubscriptionStatus,
    split_topics,
)
from subscribers.store import bulk, evidence, requests
from subscribers.store.tables import consent, person

CANARY_DOMAIN = "canary.invalid"
"""Of the people that nobody is; see `subscribers.canary`. No real address ends so."""

_PAGE = 5000


class Known(NamedTuple):
    """What an import needs to know of a person who is there already."""

    status: str
    name: str
    topics: str
    """In the canonical spelling of `model.join_topics`."""
    form: str = Form.NORMAL.value


class Standing(NamedTuple):
    """What a report that a person left is weighed against."""

    id: int
    status: SubscriptionStatus
    agreed_at: datetime | None
    """When she last agreed, or asked to; None when nobody knows."""


class NewPerson(NamedTuple):
    """A person to be written."""

    address: str
    address_key: str
    name: str
    token: str
    status: str
    topics: str
    confirmed_at: datetime | None
    """UTC or any other zone; None for a pending person."""
    form: str = Form.NORMAL.value
    paused_until: datetime | None = None


def known(conn: Connection, keys: Sequence[str]) -> dict[str, Known]:
    """Which of these address keys (at most about 30,000) belong to people, and what they chose."""
    columns = (person.c.address_key, *(person.c[name] for name in Known._fields))
    rows = bulk.select_in(conn, columns, person.c.address_key, keys)
    return {row[0]: Known(*row[1:]) for row in rows}


def insert_people(conn: Connection, people: Sequence[NewPerson], now: datetime) -> dict[str, int]:
    """Write new people; the ids of those written, by their tokens.

    Who came in by another way meanwhile is passed over, and so is missing from the answer.
    """
    if not people:
        return {}
    # Ids only rise, so whoever is written now is above the newest one, also beside other writers.
    newest = conn.execute(select(func.coalesce(func.max(person.c.id), 0))).scalar_one()
    to_driver = bulk.to_driver(conn)
    stamps = (to_driver(now), to_driver(now))
    rows = [
        (*each[:-3], to_driver(each.confirmed_at), each.form, to_driver(each.paused_until), *stamps)
        for each in people
    ]
    columns = (*NewPerson._fields, "created_at", "changed_at")
    bulk.insert_rows(conn, person, columns, rows, ignoring="address_key")
    written = conn.execute(select(person.c.token, person.c.id).where(person.c.id > newest))
    ids = {row[0]: row[1] for row in written}
    return {each.token: ids[each.token] for each in people if each.token in ids}


def find(conn: Connection, address_key: str) -> Subscriber | None:
    """The person of this address key."""
    row = conn.execute(select(person).where(person.c.address_key == address_key)).first()
    return None if row is None else _subscriber(row)


def by_token(conn: Connection, token: str) -> Subscriber | None:
    """The person whose lasting links carry this token."""
    row = conn.execute(select(person).where(person.c.token == token)).first()
    return None if row is None else _subscriber(row)


def tokens_in_order(conn: Connection, tokens: Collection[str]) -> list[str]:
    """Those of the tokens that are somebody's, in the order in which people are locked."""
    theirs = select(person.c.token).where(person.c.token.in_(tokens))
    return list(conn.execute(theirs.order_by(person.c.id)).scalars())


def ids_of(conn: Connection, keys: Sequence[str]) -> dict[str, int]:
    """The ids of the people among these address keys."""
    columns = (person.c.address_key, person.c.id)
    return dict(bulk.select_in(conn, columns, person.c.address_key, keys))


def keys_of(conn: Connection, ids: Collection[int]) -> dict[int, str]:
    """The address keys of these people; who was erased is left out."""
    rows = conn.execute(select(person.c.id, person.c.address_key).where(person.c.id.in_(ids)))
    return {row[0]: row[1] for row in rows}


def standings(
    conn: Connection, keys: Sequence[str], *, but_imported_at: datetime | None = None
) -> dict[str, Standing]:
    """How the people among these address keys stand; on PostgreSQL they are locked meanwhile.

    A consent whose time an import did not find in its file is no later consent: it only says when
    the file was read. Nor is what the import of this very time has written.
    """
    columns = (person.c.address_key, person.c.id, person.c.status, person.c.changed_at)
    query = select(*columns).where(person.c.address_key.in_(keys)).order_by(person.c.id)
    rows = conn.execute(query.with_for_update()).all()
    agreed = evidence.agreed(conn, [row.id for row in rows], but_imported_at=but_imported_at)
    asked = {
        row.id: row.changed_at
        for row in rows
        if row.status == SubscriptionStatus.PENDING.value and row.changed_at != but_imported_at
    }
    agreed |= asked
    return {
        row.address_key: Standing(row.id, SubscriptionStatus(row.status), agreed.get(row.id))
        for row in rows
    }


def change_choices(conn: Connection, changes: Mapping[str, tuple[str, str]], now: datetime) -> None:
    """Give people, by address key, another name and another (canonical) choice of topics."""
    if changes:
        query = update(person).where(person.c.address_key == bindparam("of"))
        values = query.values(name=bindparam("name"), topics=bindparam("topics"), changed_at=now)
        rows = [{"of": key, "name": new[0], "topics": new[1]} for key, new in changes.items()]
        conn.execute(values, rows)


def change_forms(conn: Connection, forms: Mapping[str, str], now: datetime) -> None:
    """Give people, by address key, the mail in another form."""
    if forms:
        query = update(person).where(person.c.address_key == bindparam("of"))
        values = query.values(form=bindparam("to"), changed_at=now)
        conn.execute(values, [{"of": key, "to": form} for key, form in forms.items()])


def activate(conn: Connection, confirmed: Mapping[str, datetime], now: datetime) -> None:
    """Make *pending* people active, by address key, with the time of their consent.

    The condition is in the statement, so that whoever leaves at the same moment stays gone.
    """
    if confirmed:
        pending = person.c.status == SubscriptionStatus.PENDING.value
        query = update(person).where(person.c.address_key == bindparam("of"), pending)
        values = query.values(
            status=SubscriptionStatus.ACTIVE.value, confirmed_at=bindparam("at"), changed_at=now
        )
        conn.execute(values, [{"of": key, "at": at} for key, at in confirmed.items()])


def deactivate(conn: Connection, keys: Collection[str], now: datetime) -> int:
    """Make people unsubscribed, by address key; how many were not yet.

    Who is already keeps the time of leaving. No link that was asked for before brings them back.
    """
    if not keys:
        return 0
    # Before the people, as whoever confirms does it, or two could wait for each other in a circle.
    requests.void_open(conn, keys)
    gone = SubscriptionStatus.UNSUBSCRIBED.value
    query = update(person).where(person.c.address_key.in_(keys), person.c.status != gone)
    return conn.execute(query.values(status=gone, changed_at=now)).rowcount


def let_in(conn: Connection, key: str, *, topics: str, form: Form, now: datetime) -> int:
    """Make a person active who confirmed, with her (canonical) choice and no pause; her number."""
    active = SubscriptionStatus.ACTIVE.value
    query = update(person).where(person.c.address_key == key).returning(person.c.id)
    values = query.values(
        status=active, topics=topics, form=form.value, confirmed_at=now, changed_at=now,
        paused_until=None,
    )  # fmt: skip
    return int(conn.execute(values).scalar_one())


def set_choices(
    conn: Connection,
    id_: int,
    topics: str,
    form: Form,
    paused_until: datetime | None,
    now: datetime,
) -> None:
    """Give a person other (canonical) topics, another form, and another pause."""
    chosen = {"topics": topics, "form": form.value, "paused_until": paused_until}
    conn.execute(update(person).where(person.c.id == id_).values(**chosen, changed_at=now))


def delete_person(conn: Connection, subscriber_id: int) -> None:
    """Delete a person and her evidence for good."""
    conn.execute(delete(consent).where(consent.c.subscriber_id == subscriber_id))
    conn.execute(delete(person).where(person.c.id == subscriber_id))


def delete_canaries(conn: Connection, *, before: datetime) -> None:
    """Delete the people that nobody is and that are older, with their evidence."""
    wanted = person.c.address_key.endswith(f"@{CANARY_DOMAIN}") & (person.c.created_at < before)
    for id_ in conn.execute(select(person.c.id).where(wanted)).scalars().all():
        delete_person(conn, id_)


def page(conn: Connection, wanted: Filter, *, after: int, limit: int) -> list[Subscriber]:
    """Up to `limit` people with an id above `after`, by rising id (that is, by joining)."""
    query = _filtered(select(person), wanted).where(person.c.id > after)
    rows = conn.execute(query.order_by(person.c.id).limit(limit))
    return [_subscriber(row) for row in rows]


def stream(conn: Connection, wanted: Filter) -> Iterator[list[Subscriber]]:
    """All wanted people by rising id, in pages."""
    after = 0
    while people := page(conn, wanted, after=after, limit=_PAGE):
        yield people
        after = people[-1].id


def count(conn: Connection, wanted: Filter) -> int:
    """How many people there are of this kind."""
    query = _filtered(select(func.count()).select_from(person), wanted)
    return int(conn.execute(query).scalar_one())


def active_count(conn: Connection) -> int:
    """How many people are active; some of them may be suppressed."""
    return count(conn, Filter(status=SubscriptionStatus.ACTIVE))


def choices(conn: Connection) -> list[Choice]:
    """The distinct choices of active people, each with how many made it, the commonest first."""
    number = func.count().label("number")
    rows = conn.execute(
        select(person.c.topics, person.c.form, number)
        .where(person.c.status == SubscriptionStatus.ACTIVE.value)
        .group_by(person.c.topics, person.c.form)
        .order_by(number.desc(), person.c.topics, person.c.form)
    )
    return [Choice(topics=split_topics(row[0]), form=Form(row[1]), count=row[2]) for row in rows]


def _filtered(query: Select[Any], wanted: Filter) -> Select[Any]:
    if wanted.status is not None:
        query = query.where(person.c.status == wanted.status.value)
    if wanted.status is not SubscriptionStatus.ACTIVE:  # as which there never is one
        query = query.where(~person.c.address_key.endswith(f"@{CANARY_DOMAIN}"))
    if wanted.topic:
        fenced = TOPIC_JOINER + person.c.topics + TOPIC_JOINER
        query = query.where(fenced.contains(f"{TOPIC_JOINER}{wanted.topic}{TOPIC_JOINER}"))
    if wanted.search:
        text = wanted.search.lower()
        query = query.where(
            or_(
                person.c.address_key.contains(text, autoescape=True),
                func.lower(person.c.name).contains(text, autoescape=True),
            )
        )
    return query


def _subscriber(row: Row[Any]) -> Subscriber:
    return Subscriber(
        id=row.id,
        address=row.address,
        name=row.name,
        token=row.token,
        status=SubscriptionStatus(row.status),
        topics=split_topics(row.topics),
        form=Form(row.form),
        created_at=row.created_at,
        confirmed_at=row.confirmed_at,
        changed_at=row.changed_at,
        paused_until=row.paused_until,
    )
