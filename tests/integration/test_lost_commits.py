"""The database goes away in the middle of a delivery: before a commit, or with its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from newsletter.delivery.transports.contract import Transport
from newsletter.errors import StoreError
from newsletter.model.delivery import Recipients
from newsletter.model.edition import EditionState
from newsletter.store import allowance
from newsletter.store.engine import Database
from tests.delivery_desk import DeliveryDesk, desk

PEOPLE = 12
MOST_COMMITS = 500
"""Far more than such a run needs."""


class Unreliable(Database):
    """The real database; `goes_away` says of each commit, by its number, whether it is lost.

    `after`: it was carried out, and only its answer is lost.
    """

    def __init__(self, real: Database, goes_away: Callable[[int], bool], *, after: bool) -> None:
        super().__init__(real.engine)
        self._goes_away, self._after = goes_away, after
        self.commits = 0

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that may end in an error."""
        self.commits += 1
        assert self.commits < MOST_COMMITS, "the run does not end"
        lost = self._goes_away(self.commits)
        with super().begin() as connection:
            yield connection
            if lost and not self._after:
                raise StoreError("The database cannot be used.", "Check it.")
        if lost:
            raise StoreError("The connection was lost.", "Check it.")


def run_until_over(one: DeliveryDesk, database: Database, **changes: Any) -> None:
    """Plain sends, as a timer makes them; the database is there again from the second one on."""
    given: dict[str, Any] = {"database": database, **changes}
    for _ in range(4):
        try:
            if one.run(**given).state not in (EditionState.PAUSED, EditionState.SENDING):
                return
        except StoreError as error:
            one.said.append(str(error))
        one.clock.move(120)
        given = changes


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize(("undo_minutes", "lost"), [(0, 5), (0, 6), (0, 7), (0, 9), (60, 7)])
def test_one_commit_that_is_lost_costs_nobody_the_mail(
    tmp_path: Path, migrated_url: str, lost: int, undo_minutes: int, after: bool
) -> None:
    """Whichever it is; the admin is asked nothing."""
    given: dict[str, Any] = {"people": PEOPLE, "batch_size": 2, "concurrency": 3}
    with desk(tmp_path, url=migrated_url, undo_minutes=undo_minutes, **given) as one:
        run_until_over(one, Unreliable(one.database, lambda number: number == lost, after=after))
        assert one.judge.doubles() == {}
        assert one.recipients() == Recipients(accepted=PEOPLE)
        assert one.judge.live() == dict.fromkeys(one.ours(), 1)


class OneByOne:
    """The way out, one message at a time, as by SMTP."""

    one_by_one = True

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("lost", [5, 6, 8, 10, 13])
def test_nor_where_each_message_is_handed_over_alone(
    tmp_path: Path, lost: int, after: bool
) -> None:
    given: dict[str, Any] = {"people": PEOPLE, "batch_size": 4, "concurrency": 3}
    with desk(tmp_path, undo_minutes=0, **given) as one:
        lossy = Unreliable(one.database, lambda number: number == lost, after=after)
        run_until_over(one, lossy, wrap=OneByOne)
        assert one.judge.doubles() == {}
        assert one.recipients() == Recipients(accepted=PEOPLE)
        assert one.judge.live() == dict.fromkeys(one.ours(), 1)


@pytest.mark.parametrize("lost", [7, 8, 9])
def test_what_was_put_back_is_given_back_to_the_day_once(tmp_path: Path, lost: int) -> None:
    """A request too many at a time, and the answer to the commit that notes it is lost."""
    with desk(tmp_path, people=PEOPLE, batch_size=2, concurrency=1, undo_minutes=0) as one:
        one.provider.service.script.add("429", skip=2)
        delivery = one.settings.delivery.model_copy(update={"per_day": 1000})
        capped = one.settings.model_copy(update={"delivery": delivery})
        forgetful = Unreliable(one.database, lambda number: number == lost, after=True)
        run_until_over(one, forgetful, settings=capped)
        assert one.recipients() == Recipients(accepted=PEOPLE)
        with one.database.read() as connection:
            day = one.clock.now().date().isoformat()
            assert allowance.people_taken(connection, day) >= PEOPLE
