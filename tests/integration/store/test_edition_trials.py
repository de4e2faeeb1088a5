"""What editions told of trials, as the store keeps it, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, insert

from newsletter.model.edition import Channel, Edition, EditionState
from newsletter.model.trial import TrialFacts
from newsletter.store import edition_trials, editions
from newsletter.store.engine import Database
from newsletter.store.trial_tables import trial, trial_record
from tests.digests import a_line, a_note, new_post, trial_update
from tests.integration.store import blog
from tests.integration.store.ledger import NOW, week

FIRST, SECOND, OTHER = 1, 2, 3
"""Two records of one trial, and the record of another."""


@pytest.fixture(name="connection")
def _connection(database: Database) -> Any:
    with database.begin() as connection:
        for number in (1, 2):
            connection.execute(
                insert(trial).values(
                    id=number,
                    register="clinicaltrials.gov",
                    number=f"NCT0000000{number}",
                    attention="followed",
                    first_seen_at=NOW,
                )
            )
        for key, trial_id, number in ((FIRST, 1, 1), (SECOND, 1, 2), (OTHER, 2, 1)):
            connection.execute(
                insert(trial_record).values(
                    id=key,
                    trial_id=trial_id,
                    number=number,
                    seen_at=NOW,
                    record_hash="h",
                    record="{}",
                )
            )
        yield connection


def edition(
    connection: Connection, state: EditionState = EditionState.DRAFT, number: int = 0
) -> Edition:
    """An edition in this state, frozen unless it is a draft."""
    made = editions.create(connection, week(number), Channel.REHEARSAL, "00ff")
    if state is not EditionState.DRAFT:
        frozen = {"frozen_at": NOW} if state is not EditionState.HELD else {}
        assert editions.move(connection, made.id, EditionState.DRAFT, state, **frozen)
    return editions.get(connection, made.id)


def told(connection: Connection) -> dict[int, int]:
    return edition_trials.told(connection, Channel.REHEARSAL)


def tell(connection: Connection, of: Edition, **given: Any) -> None:
    edition_trials.replace(
        connection, of.id, **{"updates": (), "left_out": (), "items": (), **given}
    )


def test_updates_come_back_as_they_were(connection: Connection) -> None:
    draft = edition(connection)
    one, other = trial_update(topics=("trials",)), trial_update(note=a_note(record_id=OTHER))
    tell(connection, draft, updates=[one], left_out=[other])
    assert edition_trials.updates(connection, draft.id) == [one]
    assert edition_trials.updates(connection, draft.id, dropped=True) == [other]
    assert edition_trials.dropped_records(connection, draft.id) == {OTHER}
    tell(connection, draft)
    assert edition_trials.updates(connection, draft.id) == []


def test_a_post_with_trials_comes_back_as_it_was(connection: Connection) -> None:
    post = blog.post(connection)
    revision = 1
    item = new_post(post, revision_id=revision, trials=(a_note(),), more_trials=27)
    draft = edition(connection)
    editions.save_draft(
        connection,
        draft,
        state=EditionState.DRAFT,
        reasons=[],
        checksum="c",
        items=[item],
        left_out=[],
        variants=[],
        choices=[],
        now=NOW,
    )
    assert editions.items(connection, draft.id) == [item]


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        (EditionState.DRAFT, False),
        (EditionState.HELD, False),
        (EditionState.FROZEN, True),
        (EditionState.SENT, True),
        (EditionState.CANCELLED, False),
    ],
)
def test_told_is_what_went_out(connection: Connection, state: EditionState, counts: bool) -> None:
    made = edition(connection, state)
    tell(connection, made, updates=[trial_update(note=a_note(record_id=SECOND))])
    assert told(connection) == ({1: SECOND} if counts else {})


def test_what_stood_beneath_a_post_was_told_too(connection: Connection) -> None:
    sent = edition(connection, EditionState.SENT)
    notes = (a_note(record_id=SECOND), a_note(record_id=None))
    tell(connection, sent, items=[new_post(trials=notes)])
    assert told(connection) == {1: SECOND}
    assert edition_trials.updates(connection, sent.id) == []


def test_the_newest_record_counts(connection: Connection) -> None:
    for number, record in ((0, SECOND), (1, FIRST)):
        sent = edition(connection, EditionState.SENT, number)
        tell(connection, sent, updates=[trial_update(note=a_note(record_id=record))])
    assert told(connection) == {1: SECOND}


def test_channels_know_nothing_of_each_other(connection: Connection) -> None:
    sent = edition(connection, EditionState.SENT)
    tell(connection, sent, updates=[trial_update()])
    assert edition_trials.told(connection, Channel.REAL) == {}


def test_what_was_left_out_or_skipped_is_told_no_more(connection: Connection) -> None:
    draft = edition(connection)
    tell(connection, draft, updates=[trial_update(note=a_note(record_id=OTHER))])
    assert edition_trials.drafted(connection, Channel.REHEARSAL) == {OTHER}
    editions.drop_all(connection, draft.id)
    editions.move(connection, draft.id, EditionState.DRAFT, EditionState.CANCELLED)
    assert told(connection) == {2: OTHER}
    assert edition_trials.drafted(connection, Channel.REHEARSAL) == frozenset()


def test_only_an_update_by_itself_can_be_left_out_and_only_of_a_draft(
    connection: Connection,
) -> None:
    draft = edition(connection)
    tell(
        connection,
        draft,
        updates=[trial_update(note=a_note(record_id=OTHER))],
        items=[new_post(trials=(a_note(record_id=SECOND),))],
    )

    def drop(number: str, *, dropped: bool = True) -> bool:
        return edition_trials.drop(connection, draft.id, number, dropped=dropped)

    assert not drop("NCT00000001")
    assert drop("NCT00000002")
    assert edition_trials.dropped_records(connection, draft.id) == {OTHER}
    assert drop("NCT00000002", dropped=False)
    assert edition_trials.dropped_records(connection, draft.id) == frozenset()
    editions.move(connection, draft.id, EditionState.DRAFT, EditionState.FROZEN, frozen_at=NOW)
    assert not drop("NCT00000002")


def test_the_facts_of_a_card_are_kept(connection: Connection) -> None:
    facts = TrialFacts(
        status="Completed", sites="3 sites", remarks=("Results are posted in the register.",)
    )
    update = trial_update(note=a_note(record_id=SECOND, line=a_line(facts=facts)))
    draft = edition(connection)
    tell(connection, draft, updates=[update])
    assert edition_trials.updates(connection, draft.id) == [update]
