"""One block of an import: look up who is known, decide, and do it, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING

from subscribers.model import SuppressionReason
from subscribers.plan import Outcome, Plan, plan
from subscribers.rows import Candidate
from subscribers.store import evidence, people, suppressions
from subscribers.store.people import Known
from subscribers.store.scratch import Scratch
from subscribers.token import new_tokens

if TYPE_CHECKING:
    from sqlalchemy import Connection

Begin = Callable[[], AbstractContextManager["Connection"]]
"""Opens a connection in a transaction of its own; a reading one is enough for a dry run."""


def take_in(
    block: list[Candidate],
    begin: Begin,
    now: datetime,
    secrets: tuple[str, ...],
    scratch: Scratch | None,
) -> Plan:
    """Decide on one block of up to 30,000 rows and do it, in one transaction.

    With a `scratch` nothing is done but remembered there. Raises SecretKeyError.
    """
    keys = sorted({candidate.key for candidate in block})
    with begin() as conn:
        known = people.known(conn, keys)
        bars = {key: bar.reason for key, bar in suppressions.barred(conn, keys, secrets).items()}
        if scratch is not None:
            known |= scratch.known(keys)
            told = {key: SuppressionReason(each) for key, each in scratch.barred(keys).items()}
            bars = told | bars
        made = plan(block, known, bars, now, _agreed(conn, block, known, now))
        if scratch is None:
            _write(conn, made, now)
        else:
            scratch.remember(made.states, {key: bar.reason for key, bar in made.bars.items()})
    return made


def _agreed(
    conn: Connection, block: list[Candidate], known: Mapping[str, Known], now: datetime
) -> dict[str, datetime]:
    """When those last agreed whom the block says to have left at a certain time.

    What this import itself has written `now`, in an earlier block, is no later word than the list.
    """
    told = {each.key for each in block if each.left_at is not None and each.key in known}
    if not told:
        return {}
    standings = people.standings(conn, sorted(told), but_imported_at=now)
    return {key: each.agreed_at for key, each in standings.items() if each.agreed_at is not None}


def _write(conn: Connection, made: Plan, now: datetime) -> None:
    ids = _insert(conn, made, now)
    states = made.states
    choices = {key: (states[key].name, states[key].topics) for key in made.choices}
    people.change_choices(conn, choices, now)
    people.change_forms(conn, {key: states[key].form for key in made.forms}, now)
    people.activate(conn, made.activated, now)
    there = made.left - made.new.keys()
    people.deactivate(conn, there, now)
    ids |= people.ids_of(conn, sorted(there | made.activated.keys()))
    lines = [
        evidence.Evidence(ids[note.key], note.happened_at, note.kind, note.source)
        for note in made.notes
        if note.key in ids
    ]
    evidence.record_consents(conn, lines, now)
    suppressions.suppress_all(
        conn,
        [
            suppressions.Bar(key, SuppressionReason(bar.reason), bar.since, bar.source)
            for key, bar in made.bars.items()
        ],
    )


def _insert(conn: Connection, made: Plan, now: datetime) -> dict[str, int]:
    """Write the new people, in the order of their keys so that two imports never wait in a circle;
    their ids. Who signed up in the same moment counts as known already.
    """
    keys = sorted(made.new)
    tokens = new_tokens(len(keys))
    rows = [
        people.NewPerson(
            made.new[key].address,
            key,
            made.states[key].name,
            token,
            made.states[key].status,
            made.states[key].topics,
            made.confirmed[key],
            made.states[key].form,
            made.new[key].paused_until,
        )
        for key, token in zip(keys, tokens, strict=True)
    ]
    by_token = people.insert_people(conn, rows, now)
    passed_over = len(keys) - len(by_token)
    if passed_over:
        made.outcomes[Outcome.ADDED] -= passed_over
        made.outcomes[Outcome.UNCHANGED] += passed_over
    return {
        key: by_token[token] for key, token in zip(keys, tokens, strict=True) if token in by_token
    }
