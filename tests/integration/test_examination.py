"""One check that fails or hangs never hides the others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.errors import StoreError
from newsletter.model.remark import Remark, Verdict, fine
from newsletter.pipeline.examination.run import Check, carry_out, checks
from newsletter.pipeline.examination.surroundings import Surroundings
from newsletter.wiring import wire
from tests.acceptance.runner import Desk


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    Desk(tmp_path).settings(["https://a.example/feed", "https://u:geheim@b.example/feed"])
    return wire(tmp_path / "newsletter.toml").surroundings(nameserver="127.0.0.1:9")


def test_a_check_that_hangs_is_given_up_and_what_it_said_is_kept(around: Surroundings) -> None:
    never = threading.Event()

    def look(_: Surroundings) -> Iterator[Remark]:
        yield fine("slow", "So far, so good.")
        never.wait(30)

    said = carry_out(around, Check("slow", "a slow thing", look), seconds=0.3)
    never.set()
    assert [remark.verdict for remark in said] == [Verdict.OK, Verdict.WARNING]
    assert "was given up" in said[1].found


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (StoreError("The disk is gone.", "Put it back."), "The disk is gone."),
        (RuntimeError("SG.secret"), "The check itself failed (RuntimeError)."),
    ],
)
def test_a_check_that_fails_is_a_problem(
    around: Surroundings, error: Exception, found: str
) -> None:
    """In words; those of an unknown error may hold anything, and are left out."""

    def look(_: Surroundings) -> Iterator[Remark]:
        yield fine("x", "First.")
        raise error

    first, second = carry_out(around, Check("x", "a broken thing", look), seconds=10)
    assert first.found == "First."
    assert (second.check, second.verdict, second.found) == ("x", Verdict.PROBLEM, found)
    assert second.mend


def test_there_is_a_check_for_each_feed_and_no_password_in_its_name(around: Surroundings) -> None:
    found = [check.about for check in checks(around) if check.name == "feed"]
    assert found[0] == "the feed https://a.example/feed"
    assert len(found) == 2
    assert "geheim" not in found[1]
