"""A new sender's first edition to many people: the plan is shown, and then kept, day by day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newsletter.standin.rules import KEY, Rules
from newsletter.standin.server import StandIn, serve
from tests.acceptance.runner import WEEK_1, Desk, Done, Post, atom
from tests.webserver import WebServer

MANY = 2100
WALK = Post(number=2, title="A walk in autumn", category="Living")


class World:
    """A newsletter that sends through a stand-in; both have the same clock."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.now = datetime.fromisoformat(WEEK_1)
        self.standin: StandIn

    def clock(self) -> float:
        """The time in seconds since 1970."""
        return self.now.timestamp()

    def later(self, **by: float) -> None:
        """Time goes by, for everybody."""
        self.now += timedelta(**by)
        self.desk.now = self.now.isoformat()

    def call(self, *arguments: str, **more: str) -> Done:
        """A command with the settings of a real send, without an undo window."""
        variables = {
            "NEWSLETTER_DELIVERY__TRANSPORT": "sendgrid",
            "NEWSLETTER_DELIVERY__SENDGRID__BASE_URL": self.standin.url,
            "NEWSLETTER_DELIVERY__SENDGRID__TIMEOUT_SECONDS": "5",
            "NEWSLETTER_DELIVERY__PER_SECOND": "1000",
            "NEWSLETTER_DELIVERY__UNDO_MINUTES": "0",
            "SENDGRID_API_KEY": KEY,
            **more,
        }
        return self.desk.call(*arguments, **variables)

    def mailed(self) -> list[int]:
        """The numbers of the readers who were mailed, in that order."""
        return [
            int(re.sub(r"\D", "", message.email.partition("@")[0]))
            for message in self.standin.ledger.messages()
        ]


@pytest.fixture
def world(tmp_path: Path, web: WebServer) -> Iterator[World]:
    """Many people, each of whom confirmed a minute after the one before, and one fresh post."""
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed")])
    web.pages["/feed"] = atom(WALK)
    first = datetime.fromisoformat("2026-01-01T00:00:00Z")
    rows = [f"reader{n}@example.org,{(first + timedelta(minutes=n)).isoformat()}"
            for n in range(MANY)]  # fmt: skip
    (tmp_path / "list.csv").write_text("\n".join(["email,consented_at", *rows, ""]))
    assert desk.call("subscribers", "import", "list.csv", "--json").document["added"] == MANY
    made = World(desk)
    with serve(tmp_path / "records", Rules(), made.clock) as standin:
        made.standin = standin
        yield made


def shown_plan(document: Any) -> str:
    """The line for the settings that a held edition shows."""
    (line,) = re.findall(r"`(warmup = .+?)`", " ".join(document["reasons"]))
    return str(line).partition(" = ")[2]


def test_the_plan_is_shown_and_kept_newest_first(world: World) -> None:
    """Held, with the line to copy; then a part each day by itself, and everybody once."""
    held = world.call("send", "--scheduled", "--json")
    assert (held.code, held.document["outcome"]) == (3, "held")
    plan = shown_plan(held.document)
    assert plan == "[500, 1000, 600]"
    days = {"NEWSLETTER_DELIVERY__WARMUP": plan}
    outcomes = [world.call("send", "--yes", "--json", **days).document["outcome"]]
    counts = [len(world.mailed())]
    for hours in (1, 23, 24):  # the timer calls again on the same day, on the second, on the third
        world.later(hours=hours)
        done = world.call("send", "--scheduled", "--json", **days)
        outcomes.append(done.document["outcome"])
        counts.append(len(world.mailed()))
    assert counts == [500, 500, 1500, 2100]
    assert outcomes == ["continues", "continues", "continues", "sent"]
    mailed = world.mailed()
    assert set(mailed[:500]) == set(range(1600, 2100))
    assert set(mailed[500:1500]) == set(range(600, 1600))
    assert sorted(mailed) == list(range(MANY))


def test_a_yes_sends_to_everybody_at_once(world: World) -> None:
    """For a domain that has sent as much before."""
    done = world.call("send", "--yes", "--json")
    assert done.document["outcome"] == "sent"
    assert sorted(world.mailed()) == list(range(MANY))


def test_a_daily_cap_holds_without_a_plan_as_well(world: World) -> None:
    """1,500 a day with batches of 1,000 are two of 750, and not one of 1,000."""
    done = world.call("send", "--yes", "--json", NEWSLETTER_DELIVERY__PER_DAY="1500")
    assert done.document["outcome"] == "continues"
    assert len(world.mailed()) == 1500


def test_missing_credits_hold_whatever_is_said(world: World) -> None:
    world.standin.service.change_rules({"credits": MANY - 1})
    done = world.call("send", "--yes", "--json")
    assert (done.code, done.document["outcome"]) == (3, "held")
    assert "2,099 more mails" in done.document["reasons"][0]
    assert not world.mailed()


def test_a_provider_that_is_down_holds_a_send_and_fails_no_dry_run(world: World) -> None:
    """And hides nothing else that is to be said; the preview does not ask it at all."""
    nowhere = {"NEWSLETTER_DELIVERY__SENDGRID__BASE_URL": "http://127.0.0.1:9"}
    dry = world.call("send", "--dry-run", "--json", **nowhere)
    assert (dry.code, dry.document["outcome"]) == (0, "dry-run")
    assert "SendGrid cannot be reached" in dry.document["reasons"][0]
    assert "first real edition" in " ".join(dry.document["reasons"])
    assert world.call("preview", "--out", "looks", **nowhere).code == 0
    held = world.call("send", "--yes", "--json", **nowhere)
    assert (held.code, held.document["outcome"]) == (3, "held")
    assert world.call("send", "--yes", "--json").document["outcome"] == "sent"
