"""A batch that is cut in two: nobody is in both, nobody in none, and the halves know each other."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from newsletter.model.delivery import BatchState, ClaimedBatch
from newsletter.model.edition import Choice, Edition, Form
from newsletter.store import addressees, batches, halving
from newsletter.store.engine import Database
from newsletter.store.planning import VARIANT_STRIDE
from newsletter.store.tables import batch, delivery
from tests.integration.store.ledger import (
    NOW,
    Reader,
    add_readers,
    batch_rows,
    claim,
    clear,
    freeze,
    plan,
    sending,
    snapshot,
    states,
)

LATER = NOW + timedelta(minutes=1)


def two_variants(database: Database, people: int, *, batch_size: int) -> Edition:
    """An edition for so many people of each of two variants."""
    with database.begin() as connection:
        add_readers(connection, [Reader(), Reader(topics="news")] * people)
        choices = [Choice(topics="news", form=Form.NORMAL, variant="news", people=people)]
        frozen = freeze(connection, variants=("all", "news"), choices=choices)
    plan(database, frozen.id, batch_size=batch_size)
    return frozen


def split(database: Database, claimed: ClaimedBatch, *, halves: bool = True) -> None:
    with database.begin() as connection:
        assert halving.split(connection, claimed, error="why", halves=halves)


def members(database: Database, edition: Edition) -> dict[int, list[int]]:
    """Who is in each batch, by its number."""
    found: dict[int, list[int]] = {}
    with database.read() as connection:
        query = select(delivery.c.batch_number, delivery.c.subscriber_id)
        ordered = query.where(delivery.c.edition_id == edition.id).order_by(
            delivery.c.subscriber_id
        )
        for number, person in connection.execute(ordered):
            found.setdefault(number, []).append(person)
    return found


def rows(database: Database, edition: Edition) -> dict[int, Any]:
    with database.read() as connection:
        return batch_rows(connection, edition)


def refused(database: Database, claimed: ClaimedBatch, number: int) -> list[str]:
    """Rejects so many of a claimed batch and plans the rest anew."""
    with database.begin() as connection:
        ids = [each.delivery_id for each in addressees.addressees(connection, claimed)][:number]
        rejected = dict.fromkeys(ids, "bad-address")
        assert batches.put_back(connection, claimed, not_before=None, error="", rejected=rejected)
    return ids


# ---- cutting ---------------------------------------------------------------------------------


def test_the_second_half_goes_into_a_batch_of_its_own(database: Database) -> None:
    edition = sending(database, 5, batch_size=5)
    split(database, claim(database, edition))
    assert members(database, edition) == {0: [1, 2], 1: [3, 4, 5]}
    one, other = rows(database, edition).values()
    assert [(each.state, each.attempt, each.size) for each in (one, other)] == [
        ("planned", 2, 2),
        ("planned", 2, 3),
    ]
    assert one.owner is one.lease_until is one.provider_id is one.not_before is None
    assert (one.half_of, other.half_of) == (1, 1)
    assert (one.error, other.error) == ("", "")  # neither half was refused yet
    assert one.variant == other.variant == "all"


def test_halves_that_are_not_compared_keep_the_reason(database: Database) -> None:
    """One was too large: that says nothing of the other."""
    edition = sending(database, 2, batch_size=2)
    split(database, claim(database, edition), halves=False)
    one, other = rows(database, edition).values()
    assert (one.half_of, other.half_of, one.error, other.error) == (None, None, "why", "why")


def test_only_who_is_still_to_be_mailed_is_moved(database: Database) -> None:
    """Who was rejected stays in the batch that it was for."""
    edition = sending(database, 5, batch_size=5)
    refused(database, claim(database, edition), 1)
    split(database, claim(database, edition))
    assert members(database, edition) == {0: [1, 2, 3], 1: [4, 5]}
    assert [each.size for each in rows(database, edition).values()] == [3, 2]
    with database.read() as connection:
        assert states(connection, edition.id)[1] == ("rejected", "bad-address")


def test_a_new_number_is_free_and_belongs_to_the_variant(database: Database) -> None:
    """Each variant counts its own: the second half of one is never in another's numbers."""
    edition = two_variants(database, 4, batch_size=2)
    assert list(rows(database, edition)) == [0, 1, VARIANT_STRIDE, VARIANT_STRIDE + 1]
    for _ in range(4):
        split(database, claim(database, edition))
        with database.begin() as connection:  # so that the next batch is claimed next
            connection.execute(batch.update().where(batch.c.attempt == 2).values(not_before=LATER))
    after = rows(database, edition)
    assert list(after) == [*range(4), *range(VARIANT_STRIDE, VARIANT_STRIDE + 4)]
    assert {number: row.variant for number, row in after.items()} == {
        number: "all" if number < VARIANT_STRIDE else "news" for number in after
    }
    assert sorted(len(group) for group in members(database, edition).values()) == [1] * 8


def test_who_lost_the_batch_cuts_nothing(database: Database) -> None:
    claimed = claim(database, sending(database, 4, batch_size=4))
    losers = [replace(claimed, attempt=2), replace(claimed, owner="two")]
    for settled in (False, True):
        if settled:
            with database.begin() as connection:
                batches.settle(connection, claimed, BatchState.UNKNOWN, now=NOW)
            losers = [claimed]
        before = snapshot(database)
        for loser in losers:
            with database.begin() as connection:
                assert not halving.split(connection, loser, error="why", halves=True)
        assert snapshot(database) == before


# ---- the other half --------------------------------------------------------------------------


def sibling(database: Database, claimed: ClaimedBatch) -> tuple[bool, str | None]:
    with database.read() as connection:
        return halving.sibling(connection, claimed)


@pytest.fixture
def halves(database: Database) -> tuple[ClaimedBatch, ClaimedBatch]:
    """Both halves of a batch, claimed."""
    edition = sending(database, 4, batch_size=4)
    split(database, claim(database, edition))
    return claim(database, edition), claim(database, edition)


def test_a_batch_that_was_never_cut_has_no_other_half(database: Database) -> None:
    edition = sending(database, 4, batch_size=2)
    assert sibling(database, claim(database, edition)) == (False, None)


def test_nobody_knows_of_a_half_that_is_on_its_way(
    database: Database, halves: tuple[ClaimedBatch, ClaimedBatch]
) -> None:
    assert [sibling(database, each) for each in halves] == [(True, None), (True, None)]


def test_a_half_that_was_refused_says_with_which_words(
    database: Database, halves: tuple[ClaimedBatch, ClaimedBatch]
) -> None:
    one, other = halves
    with database.begin() as connection:
        batches.put_back(connection, one, not_before=LATER, error="refused so")
    assert sibling(database, other) == (True, "refused so")
    assert sibling(database, one) == (True, None)


def test_what_is_known_of_a_half_that_has_ended(
    database: Database, halves: tuple[ClaimedBatch, ClaimedBatch]
) -> None:
    """Only one that failed was refused; of one that is unknown, that it was not."""
    one, other = halves
    for end in (BatchState.ACCEPTED, BatchState.EMPTY, BatchState.UNKNOWN, BatchState.FAILED):
        with database.begin() as connection:
            connection.execute(
                batch.update().where(batch.c.id == one.id).values(state=end, error="refused so")
            )
        known = "refused so" if end is BatchState.FAILED else ""
        assert sibling(database, other) == (True, known), end


def test_a_half_that_is_cut_again_is_compared_with_its_new_other_half(
    database: Database, halves: tuple[ClaimedBatch, ClaimedBatch]
) -> None:
    """And the half it left behind has nobody to be compared with: it goes its own way."""
    one, other = halves
    split(database, one)
    assert sibling(database, other) == (True, "")
    with database.begin() as connection:
        quarter = batches.claim(connection, one.edition_id, "one", now=NOW)
    assert quarter is not None
    assert sibling(database, quarter) == (True, None)


def test_how_many_of_a_batch_were_refused_by_name(database: Database) -> None:
    """Of this batch only, and over all its attempts."""
    edition = sending(database, 6, batch_size=3)
    first = claim(database, edition)
    refused(database, first, 1)
    second = claim(database, edition)
    refused(database, second, 1)
    with database.read() as connection:
        assert halving.rejected_of(connection, second) == 2
    claim(database, edition)
    other = claim(database, edition)
    with database.read() as connection:
        assert halving.rejected_of(connection, other) == 0


# ---- whatever happens ------------------------------------------------------------------------

ACTS = ("claim", "claim", "claim", "split", "split", "cut", "reject", "accept", "put back")


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.sampled_from(ACTS), min_size=12, max_size=24))
def test_everybody_is_in_exactly_one_batch_of_their_variant(
    database: Database, acts: list[str]
) -> None:
    """However often batches are cut, and whoever was rejected, skipped or accepted before."""
    with database.begin() as connection:
        clear(connection)
    edition = two_variants(database, 6, batch_size=4)
    everybody = Counter({person: 1 for group in members(database, edition).values()
                         for person in group})  # fmt: skip
    held: list[ClaimedBatch] = []
    for act in acts:
        perform(database, edition, act, held)
        found, known = members(database, edition), rows(database, edition)
        assert Counter(person for group in found.values() for person in group) == everybody
        assert set(found) <= set(known)
        assert {n: row.size for n, row in known.items()} == {
            n: len(found.get(n, [])) for n in known
        }
        variants = {n: "all" if n < VARIANT_STRIDE else "news" for n in known}
        assert {n: row.variant for n, row in known.items()} == variants


def perform(database: Database, edition: Edition, act: str, held: list[ClaimedBatch]) -> None:
    """Does one thing with the batch claimed last."""
    with database.begin() as connection:
        if act == "claim":
            claimed = batches.claim(connection, edition.id, "one", now=NOW)
            held += [claimed] if claimed else []
        elif held and act == "reject":
            people = addressees.addressees(connection, held[-1])[:1]
            rejected = {each.delivery_id: "no" for each in people}
            batches.put_back(connection, held.pop(), not_before=None, error="", rejected=rejected)
        elif held and act == "accept":
            batches.settle(connection, held.pop(), BatchState.ACCEPTED, now=NOW)
        elif held and act == "put back":
            batches.put_back(connection, held.pop(), not_before=None, error="")
        elif held:
            assert halving.split(connection, held.pop(), error="", halves=act == "split")
