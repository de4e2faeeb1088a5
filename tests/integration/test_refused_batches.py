"""A request that is refused and nobody is named: the one it lies with is found, in one run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from newsletter.delivery.answers import Answer, Refused
from newsletter.delivery.transports.contract import Mail, Transport
from newsletter.model.delivery import Recipient, Recipients
from newsletter.model.edition import EditionState
from tests.delivery_desk import desk


class Picky:
    """A way out that refuses a request with certain people in it, and does not say whom."""

    def __init__(self, inner: Transport, refuses: Callable[[int], bool]) -> None:
        self._inner = inner
        self._refuses = refuses
        self.requests = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def submit(self, mail: Mail, recipients: Sequence[Recipient], **given: Any) -> Answer:
        """Refuses, or hands it over."""
        self.requests += 1
        if any(self._refuses(person.subscriber_id) for person in recipients):
            return Refused(error="Refused (400).", mend="Look at it.")
        return self._inner.submit(mail, recipients, **given)


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("poisoned", [1, 60])
def test_one_poisoned_recipient_is_found_and_all_others_are_served(
    tmp_path: Path, concurrency: int, poisoned: int
) -> None:
    """With one request at a time as well, when a half has to wait for the other."""
    with desk(tmp_path, people=60, batch_size=60, concurrency=concurrency, undo_minutes=0) as made:
        ended = made.run(lambda inner: Picky(inner, lambda person: person == poisoned))
        assert ended.state is EditionState.PARTIAL
        assert made.recipients() == Recipients(accepted=59, rejected=1)
        assert len(made.judge.live()) == 59
        assert not made.judge.doubles()


class Thorough(Picky):
    """One that names each person whom it refuses, and why."""

    def submit(self, mail: Mail, recipients: Sequence[Recipient], **given: Any) -> Answer:
        """The same, with names."""
        answer = super().submit(mail, recipients, **given)
        if not isinstance(answer, Refused):
            return answer
        return replace(answer, rejected={each.delivery_id: "refused-header" for each in recipients})


def test_when_everybody_is_refused_by_name_nobody_is_rejected(tmp_path: Path) -> None:
    """As for a header that the provider does not want: after the mend everybody gets it."""
    with desk(tmp_path, people=12, batch_size=6, undo_minutes=0) as made:
        ended = made.run(lambda inner: Thorough(inner, lambda _: True))
        assert ended.state is EditionState.PAUSED
        assert ended.reasons == ("Refused (400). Look at it.",)
        assert made.recipients() == Recipients(pending=12)
        assert made.run().state is EditionState.SENT
        assert made.recipients() == Recipients(accepted=12)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_when_everybody_is_refused_nobody_is_rejected(tmp_path: Path, concurrency: int) -> None:
    """It takes a few requests to know, and after the mend everybody gets it."""
    seen: list[Picky] = []

    def wrap(inner: Transport) -> Any:
        seen.append(Picky(inner, lambda _: True))
        return seen[-1]

    with desk(tmp_path, people=60, batch_size=30, concurrency=concurrency, undo_minutes=0) as made:
        ended = made.run(wrap)
        assert ended.state is EditionState.PAUSED
        assert ended.reasons == ("Refused (400). Look at it.",)
        assert seen[0].requests <= 8
        assert made.recipients() == Recipients(pending=60)
        assert made.run().state is EditionState.SENT
        assert not made.judge.doubles()
