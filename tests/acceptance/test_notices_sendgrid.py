"""What the admin is told of an edition that waits at the provider, whose stand-in is the judge."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newsletter.standin.rules import KEY, Rules
from newsletter.standin.server import StandIn, serve
from newsletter.store import events
from newsletter.store.engine import open_database
from tests.acceptance.runner import PEOPLE, PUBLIC_URL, Desk, Done, Post, atom
from tests.webserver import WebServer

ADMIN = "admin@clinic.example"
WALK = Post(number=2, title="A walk in autumn")


class World:
    """A newsletter that goes out on Mondays at 07:30 through a stand-in with the same clock."""

    def __init__(self, desk: Desk, web: WebServer) -> None:
        self.desk, self.web = desk, web
        self.at("2026-11-02T08:00:00Z")
        self.standin: StandIn

    def clock(self) -> float:
        """The time in seconds since 1970."""
        return datetime.fromisoformat(self.desk.now).timestamp()

    def at(self, now: str) -> World:
        """Sets the time, for everybody."""
        self.desk.now = now
        return self

    def call(self, *arguments: str, **more: str) -> Done:
        """A command with the settings of a real send; the undo window is not set."""
        variables = {
            "NEWSLETTER_DELIVERY__TRANSPORT": "sendgrid",
            "NEWSLETTER_DELIVERY__SENDGRID__BASE_URL": self.standin.url,
            "NEWSLETTER_DELIVERY__SENDGRID__TIMEOUT_SECONDS": "5",
            "NEWSLETTER_DELIVERY__PER_SECOND": "1000",
            "SENDGRID_API_KEY": KEY,
            **more,
        }
        return self.desk.call(*arguments, **variables)

    def send(self, *arguments: str, **more: str) -> Any:
        """What a `send` came to."""
        return self.call("send", "--json", *arguments, **more).document

    def timer(self, start: str, hours: int, **more: str) -> list[str]:
        """What the calls of an hourly timer came to."""
        first = datetime.fromisoformat(start)
        moments = [(first + timedelta(hours=hour)).isoformat() for hour in range(hours)]
        return [self.at(moment).send("--scheduled", **more)["outcome"] for moment in moments]

    def posted(self) -> list[dict[str, Any]]:
        """The bodies of all mails the provider took, in their order."""
        return [
            json.loads(seen.body)
            for seen in self.standin.ledger.requests()
            if seen.path == "/v3/mail/send" and seen.status == 202 and seen.body
        ]

    def notices(self) -> list[dict[str, Any]]:
        """The mails to the admin; all of them keep to what such a mail may be."""
        found = [body for body in self.posted() if "custom_args" not in body["personalizations"][0]]
        for body in found:
            (person,) = body["personalizations"]
            assert person["to"] == [{"email": ADMIN}]
            assert not {"batch_id", "send_at", "asm"} & (set(body) | set(person))
            assert not [name for name in person["headers"] if name.lower().startswith("list-")]
            assert not any(given.get("enable") for given in body["tracking_settings"].values())
            assert not any(reader in json.dumps(body) for reader in PEOPLE)
        return found

    def subjects(self) -> list[str]:
        return [body["subject"] for body in self.notices()]

    def text(self, mark: str) -> str:
        """The text of the one notice with this in its subject."""
        (found,) = [body for body in self.notices() if mark in body["subject"]]
        return str(found["content"][0]["value"])

    def waiting(self) -> list[str]:
        return list(self.call("status", "--json").document["waiting"])


@pytest.fixture
def world(tmp_path: Path, web: WebServer) -> Iterator[World]:
    """The first edition went out long ago, and a post is new since."""
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed")], more=f'[notify]\nto = "{ADMIN}"\n')
    desk.people()
    desk.readers_could_leave("2026-11-10T00:00:00Z")
    first = Post(number=1, title="The beginning", published="2026-10-30T09:00:00Z")
    web.pages["/feed"] = atom(first)
    made = World(desk, web)
    with serve(tmp_path / "records", Rules(keep_bodies=True), made.clock) as standin:
        made.standin = standin
        at_once = {"NEWSLETTER_DELIVERY__UNDO_MINUTES": "0"}
        assert made.send("--yes", **at_once)["outcome"] == "sent"
        web.pages["/feed"] = atom(first, WALK)
        yield made


def test_a_week_of_hourly_calls_is_one_proof_one_hand_over_and_one_receipt(world: World) -> None:
    """With nothing set the mails of a timer wait for 120 minutes."""
    came = world.timer("2026-11-07T12:10:00Z", 7 * 24)
    assert came.count("scheduled") == 3
    assert world.subjects() == [
        "[PROOF] A walk in autumn",
        "2026-W46: going to 3 people at 10:11, stop it until 10:01 (A Slow Kind of Luck)",
        "2026-W46 is out: 3 people (A Slow Kind of Luck)",
    ]
    text = world.text("going to")
    assert (
        "Going to 3 people at 10:11; stop it until 10:01 with"
        " `newsletter editions cancel 2026-W46`." in text
    )
    assert "Europe/London" in text
    assert "120 minutes" in world.text("[PROOF]")
    assert set(world.standin.ledger.doubles()) <= {""}  # a notice is no delivery


def test_the_proof_says_a_day_before_that_readers_cannot_leave(world: World) -> None:
    """It is tried for it, so that there is time to mend it."""
    file = world.desk.folder / "newsletter.toml"
    text = file.read_text(encoding="utf-8").replace(PUBLIC_URL, "http://127.0.0.1:9")
    file.write_text(text, encoding="utf-8")
    world.at("2026-11-08T12:00:00Z").send("--scheduled")
    proof = " ".join(world.text("[PROOF]").split())
    assert "Readers may not be able to unsubscribe. 127.0.0.1:9 cannot be reached" in proof
    assert "newsletter doctor --unsubscribe" in proof


def test_the_window_that_is_set_counts_for_a_timer_too(world: World) -> None:
    world.timer("2026-11-09T08:10:00Z", 1, NEWSLETTER_DELIVERY__UNDO_MINUTES="45")
    assert "going to 3 people at 08:56, stop it until 08:46" in " ".join(world.subjects())


def test_by_hand_the_hand_over_is_mailed_too_and_the_end_by_the_timer(world: World) -> None:
    """By hand the window is 30 minutes."""
    sent = world.at("2026-11-10T08:10:00Z").send("--yes")
    assert sent["outcome"] == "scheduled"
    assert world.subjects() == [
        "2026-W46: going to 3 people at 08:41, stop it until 08:31 (A Slow Kind of Luck)"
    ]
    world.send("--yes")
    assert len(world.notices()) == 1
    assert world.timer("2026-11-10T09:10:00Z", 3) == ["already-sent"] * 3
    assert world.subjects()[1:] == ["2026-W46 is out: 3 people (A Slow Kind of Luck)"]


def test_an_edition_that_was_taken_back_and_sent_after_all_is_told_with_its_new_times(
    world: World,
) -> None:
    assert world.timer("2026-11-09T08:10:00Z", 1) == ["scheduled"]
    assert world.at("2026-11-09T08:20:00Z").call("editions", "cancel", "2026-W46").code == 0
    assert world.timer("2026-11-09T09:10:00Z", 1) == ["cancelled"]
    assert world.call("editions", "reopen", "2026-W46", "--yes").code == 0
    assert world.timer("2026-11-09T10:10:00Z", 4) == ["scheduled"] * 3 + ["already-sent"]
    times = [subject for subject in world.subjects() if "going to" in subject]
    assert [subject.partition(",")[0][-5:] for subject in times] == ["10:11", "12:11"]
    assert len(set(times)) == len(times) == 2


@pytest.mark.parametrize(("given", "leaves"), [({}, "10:11"), ({"UNDO_MINUTES": "45"}, "08:56")])
def test_what_was_approved_and_is_sent_by_a_timer_waits_as_long_as_if_it_had_made_it(
    world: World, given: dict[str, str], leaves: str
) -> None:
    """Nobody is watching then either, and the proof has promised it; what is set counts."""
    more = {f"NEWSLETTER_DELIVERY__{name}": value for name, value in given.items()}
    world.at("2026-11-09T07:00:00Z")
    for arguments in (
        ("collect",),
        ("compose",),
        ("preview",),
        ("editions", "approve", "2026-W46"),
    ):
        assert world.call(*arguments, **more).code == 0
    assert world.timer("2026-11-09T08:10:00Z", 1, **more) == ["scheduled"]
    (told,) = [subject for subject in world.subjects() if "going to" in subject]
    assert f"going to 3 people at {leaves}" in told


def test_a_held_first_edition_is_told_and_how_to_say_yes(tmp_path: Path, web: WebServer) -> None:
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed")], more=f'[notify]\nto = "{ADMIN}"\n')
    desk.people()
    web.pages["/feed"] = atom(WALK)
    world = World(desk, web)
    with serve(tmp_path / "records", Rules(keep_bodies=True), world.clock) as world.standin:
        world.timer("2026-11-08T08:10:00Z", 30)
        assert world.subjects() == [
            "[PROOF] A walk in autumn",
            "2026-W46 is held, nobody got anything (A Slow Kind of Luck)",
        ]
        assert "will wait for you" in world.text("[PROOF]")
        for text in (world.text("[PROOF]"), world.text("held")):
            assert "the first real edition" in " ".join(text.split())
        assert "newsletter send --yes" in world.text("held")


def test_who_was_refused_is_told_once_and_then_there_is_nothing_to_do(world: World) -> None:
    """A timer that fails each hour of the week, for one address, would be listened to no more."""
    with sqlite3.connect(world.desk.folder / "newsletter.db") as database:
        database.execute("UPDATE subscriber_person SET address = 'nobody at all' WHERE id = 1")
    came = world.timer("2026-11-09T08:10:00Z", 30)
    assert came == ["partial"] * 3 + ["already-sent"] * 27  # the mails wait for two hours
    last = world.call("send", "--scheduled", "--json")
    assert (last.code, last.document["recipients"]["rejected"]) == (0, 1)
    assert [subject for subject in world.subjects() if "going to" not in subject] == [
        "2026-W46 is out, but not to everybody: 2 of 3 people (A Slow Kind of Luck)"
    ]


def test_an_end_that_nobody_knows_is_told_once_as_a_number(world: World) -> None:
    world.standin.service.script.add("close-after")
    came = world.timer("2026-11-09T08:10:00Z", 30, NEWSLETTER_DELIVERY__UNDO_MINUTES="0")
    assert set(came) == {"partial"}
    assert world.subjects() == [
        "2026-W46 is out, but not to everybody: 0 of 3 people (A Slow Kind of Luck)"
    ]
    assert "3 of unknown end" in world.text("not to everybody")
    assert "--assume accepted" in world.text("not to everybody")


def test_a_provider_that_fails_for_notices_alone_does_no_harm_to_the_edition(
    world: World,
) -> None:
    """The readers' mails are taken; the hand-over is not, and is told by the next run."""
    world.standin.service.script.add("503", skip=1)
    done = world.at("2026-11-09T08:10:00Z").call("send", "--scheduled", "--json")
    assert (done.code, done.document["outcome"]) == (0, "scheduled")
    assert "you could not be told" in done.err
    assert world.subjects() == []
    (waiting,) = world.waiting()
    assert waiting.startswith(
        "You could not be told by mail: “2026-W46: going to 3 people at 10:11"
    )
    assert "503" in waiting
    assert world.timer("2026-11-09T09:10:00Z", 1) == ["scheduled"]
    assert len(world.subjects()) == 1
    assert world.waiting() == []
    assert set(world.standin.ledger.doubles()) <= {""}  # a notice is no delivery


def test_a_provider_that_takes_no_notice_is_not_asked_all_day(world: World) -> None:
    """And a hand-over whose time is over is not mailed when it is well again."""
    world.standin.service.script.add("403", skip=1, times=1000)
    came = world.timer("2026-11-09T08:10:00Z", 48)
    assert came.count("scheduled") == 3
    assert set(came[3:]) == {"already-sent"}
    refused = [r for r in world.standin.ledger.requests() if r.status == 403]
    assert len(refused) == 3 + 6  # the hand-over until it was over, the receipt until given up
    assert len(world.waiting()) == 2
    world.standin.service.script.clear()
    world.timer("2026-11-11T09:10:00Z", 3)
    assert world.subjects() == []


def test_alarms_are_sent_by_the_next_real_run_and_not_used_up_by_a_rehearsal(
    world: World,
) -> None:
    text = "Edition 2026-W45: 2 people (batch 1) were mailed twice, or will be."
    database = open_database(f"sqlite:///{world.desk.folder / 'newsletter.db'}")
    with database.begin() as connection:
        now = datetime.fromisoformat(world.desk.now)
        assert events.alarm(connection, about="double:2026-W45:1:1", text=text, now=now)
    database.close()
    assert text in world.waiting()
    world.desk.call("send", "--scheduled")
    assert world.notices() == []
    world.timer("2026-11-03T08:10:00Z", 3)
    (subject,) = [subject for subject in world.subjects() if "ALARM" in subject]
    assert subject == f"[ALARM] {text} (A Slow Kind of Luck)"
    assert text in world.text("[ALARM]")
    assert world.waiting() == []
