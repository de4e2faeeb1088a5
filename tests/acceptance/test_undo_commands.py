"""The admin's undo, as the admin has it: cancel, reopen, resume, and what they say.

An edition for three people goes to a stand-in for the provider, each in a batch of its own; the
mails wait there for half an hour, from 08:00 to 08:33, and can be stopped until 08:23.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from newsletter.standin.rules import Rules
from tests.acceptance.terminal import on_a_terminal
from tests.acceptance.world import EDITION, World, world_of
from tests.webserver import WebServer

CANCEL, REOPEN = ("editions", "cancel", EDITION), ("editions", "reopen", EDITION)
RESUME, SHOW = ("editions", "resume", EDITION), ("editions", "show", EDITION)
EVERYBODY = [0, 1, 2]
NOBODY = {"planned": 3, "accepted": 0, "rejected": 0, "unknown": 0, "cancelled": 0, "pending": 0,
          "skipped": {}}  # fmt: skip
BY_SMTP = {
    "NEWSLETTER_DELIVERY__TRANSPORT": "smtp",
    "NEWSLETTER_DELIVERY__SMTP__HOST": "127.0.0.1",
}


@pytest.fixture
def world(tmp_path: Path, web: WebServer) -> Iterator[World]:
    """Three people, and a stand-in that does what it should."""
    with world_of(tmp_path, web) as made:
        yield made


def send(world: World, outcome: str = "scheduled", code: int = 0, **more: str) -> Any:
    """Sends, which must end like this."""
    document = world.json("send", "--yes", code=code, **more)
    assert document["outcome"] == outcome, document
    return document


def cancelled(world: World, code: int = 0) -> Any:
    return world.json(*CANCEL, code=code)


def fails(world: World, **faults: float) -> None:
    """From now on these faults befall the provider; none: it is well again."""
    rates = {name.replace("_", "-"): rate for name, rate in faults.items()}
    world.standin.service.change_rules({"faults": rates})


# ---- the window ------------------------------------------------------------------------------


def test_a_send_says_when_the_mails_leave_and_until_when_they_can_be_stopped(world: World) -> None:
    """In the newsletter's own time, and with the command to copy."""
    said = world.said("send", "--yes")
    assert f"{EDITION} is handed over." in said
    assert "The mails leave at Mon 09 Nov 08:33 (Europe/London)." in said
    assert "Stop it until Mon 09 Nov 08:23 (Europe/London)" in said
    assert f"with `newsletter editions cancel {EDITION}`." in said
    assert world.accepted() == EVERYBODY


def test_what_is_said_of_an_edition_is_the_same_everywhere_and_follows_the_time(
    world: World,
) -> None:
    """`send`, `status`, `editions show` and `editions list`: while the mails can be stopped, when
    they cannot any more, and when they have left, before any run has noted it.
    """
    assert send(world)["cancel_before"] == "2026-11-09T08:23:00Z"
    assert seen(world) == ("scheduled", "2026-11-09T08:33:00Z", "2026-11-09T08:23:00Z")
    world.later(minutes=25)
    assert seen(world) == ("scheduled", "2026-11-09T08:33:00Z", None)
    assert send(world)["cancel_before"] is None
    world.later(minutes=10)
    assert seen(world) == ("sent", None, None)
    assert "leave" not in world.said(*SHOW) + world.said("status")
    assert send(world, "already-sent")["recipients"] == {**NOBODY, "accepted": 3}
    assert seen(world) == ("sent", None, None)


def seen(world: World) -> tuple[str, str | None, str | None]:
    """State, time of leaving and deadline, about which all commands must agree."""
    shown = world.json(*SHOW)
    (line,) = world.json("status")["editions"]
    (listed,) = world.json("editions", "list")
    assert shown["state"] == line["state"] == listed["state"]
    assert f"{EDITION} (real): {shown['state']}" in world.said(*SHOW)
    names = ("send_at", "cancel_before")
    assert [shown[name] for name in names] == [line[name] for name in names]
    return shown["state"], shown["send_at"], shown["cancel_before"]


# ---- cancel ----------------------------------------------------------------------------------


def test_a_cancel_in_time_stops_every_mail_and_no_timer_sends_it(world: World) -> None:
    """Run again it says the same; `send` says so as well, and what would send it after all."""
    send(world)
    world.later(minutes=22)
    taken_back = cancelled(world)
    assert taken_back == {
        "edition": EDITION,
        "state": "cancelled",
        "reasons": [],
        "recipients": {**NOBODY, "cancelled": 3},
        "too_late": 0,
        "unconfirmed": 0,
    }
    said = world.said(*CANCEL)
    assert "3 people will not get it." in said
    assert f"newsletter editions reopen {EDITION}" in said
    assert cancelled(world) == taken_back
    assert world.json("send", "--scheduled")["outcome"] == "cancelled"
    assert f"newsletter editions reopen {EDITION}" in world.said("send", "--yes")
    world.later(hours=2)
    assert send(world, "cancelled")["recipients"] == {**NOBODY, "cancelled": 3}
    assert (world.live(), world.accepted()) == ([], EVERYBODY)
    assert world.json("status")["waiting"] == []


def test_one_that_was_approved_and_cancelled_before_it_began_was_not_the_first_real_one(
    world: World,
) -> None:
    """Nobody has had a mail yet, so a timer still waits for a yes."""
    for arguments in (("collect",), ("compose",), ("preview",), ("editions", "approve", EDITION)):
        world.json(*arguments)
    assert cancelled(world)["state"] == "cancelled"
    world.later(days=7)
    held = world.json("send", "--scheduled", code=3)
    assert (held["edition"], held["outcome"]) == ("2026-W47", "held")
    assert "This is the first real edition" in held["reasons"][0]
    assert world.accepted() == []


def test_after_the_deadline_a_cancel_is_refused_with_the_times(world: World) -> None:
    """Nothing is changed: the mails leave as they were to."""
    send(world)
    world.later(minutes=24)
    said = world.said(*CANCEL, code=2)
    assert "could be taken back until Mon 09 Nov 08:23 (Europe/London)" in said
    assert "leaves at Mon 09 Nov 08:33" in said
    world.later(minutes=10)
    assert "is out; it cannot be taken back any more" in world.said(*CANCEL, code=2)
    assert world.live() == EVERYBODY
    assert seen(world) == ("sent", None, None)


def test_what_leaves_sooner_is_too_late_and_the_rest_is_stopped(world: World) -> None:
    """One was handed over before the key was refused, the others a quarter of an hour later."""
    world.standin.service.script.add("401", skip=1)
    send(world, "paused", code=4)
    world.later(minutes=15)
    send(world)
    world.later(minutes=9)
    document = cancelled(world, code=4)
    assert (document["state"], document["unconfirmed"]) == ("cancelled", 0)
    assert document["recipients"] == {**NOBODY, "accepted": 2, "cancelled": 1}
    assert document["too_late"] == 2
    assert "It was too late for 2 people: they have it, or will." in world.said(*CANCEL, code=4)
    assert world.live() == [0, 1]


def test_without_a_window_nothing_can_be_taken_back(world: World) -> None:
    world.settings(undo_minutes=0)
    send(world, "sent")
    assert "is out; it cannot be taken back any more" in world.said(*CANCEL, code=2)


def test_a_draft_is_closed_and_its_posts_come_with_the_next_edition(world: World) -> None:
    """It was never frozen, so there is nothing of it to open again."""
    assert world.json("send", code=3)["outcome"] == "held"
    document = cancelled(world)
    assert (document["state"], document["recipients"]["planned"]) == ("cancelled", 0)
    assert "there is nothing of it to send" in world.said(*REOPEN, "--yes", code=2)
    said = world.said("send", "--yes")
    assert "was cancelled" in said
    assert "reopen" not in said
    assert world.accepted() == []


def test_an_edition_that_is_not_there_is_an_error_with_those_that_are(world: World) -> None:
    send(world)
    said = world.said("editions", "cancel", "2026-W01", code=2)
    assert "There is no edition 2026-W01 (real)." in said
    assert EDITION in said


def test_a_cancel_stops_a_send_that_is_at_work_in_another_process(
    tmp_path: Path, web: WebServer
) -> None:
    """It waits for what is on its way, and nothing that was accepted stays due."""
    with world_of(tmp_path, web, people=8, rules=Rules(latency=0.1)) as world:
        with world.meanwhile("send", "--yes", "--json") as process:
            for _ in count():
                if len(world.accepted()) >= 2:
                    break
            document = cancelled(world)
            out, _ = process.communicate(timeout=60)
        assert document["recipients"] == {**NOBODY, "planned": 8, "cancelled": 8}
        assert (process.returncode, json.loads(out)["outcome"]) == (0, "cancelled")
        assert 2 <= len(world.accepted()) < 8
        assert world.live() == []
        assert world.json("send", "--scheduled")["outcome"] == "cancelled"
        assert world.live() == []


# ---- a cancel that the provider does not confirm ---------------------------------------------


def test_a_refused_cancel_goes_on_until_it_is_confirmed(tmp_path: Path, web: WebServer) -> None:
    """Nobody is told that it is done; each command that runs goes on with it. And a provider that
    is down is not asked for every id: with fifty that would take hours.
    """
    with world_of(tmp_path, web, people=12) as world:
        send(world)
        asked = len(world.standin.ledger.requests())
        fails(world, cancel_500=1.0)
        done = world.call(*CANCEL, "--json")
        document = done.document
        assert len(world.standin.ledger.requests()) - asked <= 20
        assert (done.code, document["state"], document["too_late"]) == (4, "cancelling", 0)
        assert (document["unconfirmed"], document["recipients"]["accepted"]) == (12, 12)
        (reason,) = document["reasons"]
        assert "SendGrid answered with the error 500" in reason
        assert f"Run `newsletter editions cancel {EDITION}` again at once." in reason
        assert "Not taken back yet: It is not certain that a cancel holds." in done.err
        assert "12 people may still get it" in world.said(*CANCEL, code=4)
        assert "is being taken back, and that is not done yet" in world.said("send", code=4)
        assert send(world, "paused", code=4)["reasons"] == [reason]
        assert world.json("status")["waiting"] == [f"{EDITION} is cancelling: {reason}"]
        assert "First end that" in world.said(*REOPEN, "--yes", code=2)
        fails(world)
        assert world.json("send", "--scheduled")["outcome"] == "cancelled"
        assert world.live() == []
        assert cancelled(world)["recipients"]["cancelled"] == 12


def test_a_cancel_that_holds_but_is_never_answered_is_looked_up(world: World) -> None:
    send(world)
    fails(world, cancel_close_after=1.0)
    assert cancelled(world)["state"] == "cancelled"
    assert world.live() == []


def test_too_late_to_ask_again_the_answer_is_waited_for(tmp_path: Path, web: WebServer) -> None:
    """What became of a cancel that was not confirmed shows when the mails have left."""
    with world_of(tmp_path, web, people=9) as world:
        send(world)
        fails(world, cancel_500=1.0)
        cancelled(world, code=4)
        fails(world)
        world.later(minutes=24)
        document = cancelled(world, code=4)
        assert (document["state"], document["unconfirmed"]) == ("cancelling", 9)
        assert "after Mon 09 Nov 08:35 (Europe/London): then it shows." in document["reasons"][0]
        assert "9 people may still get it" in world.said(*CANCEL, code=4)
        world.later(minutes=12)
        document = cancelled(world, code=4)
        assert (document["state"], document["too_late"]) == ("cancelled", 9)
        assert document["recipients"] == {**NOBODY, "planned": 9, "accepted": 9}
        assert world.live() == list(range(9))


# ---- reopen ----------------------------------------------------------------------------------


def test_a_cancelled_edition_is_sent_after_all_when_the_admin_says_so(world: World) -> None:
    """Without a yes nothing is done; with it, the next send goes to those who were stopped."""
    send(world)
    cancelled(world)
    before = world.said(*REOPEN, code=3)
    assert f"{EDITION} would go to 3 people, just as it was frozen." in before
    assert "Nothing was done" in before
    assert world.json(*REOPEN, code=3)["state"] == "cancelled"
    assert send(world, "cancelled")["recipients"]["cancelled"] == 3
    assert world.json(*REOPEN, "--yes") == {"edition": EDITION, "state": "sending"}
    assert "is not finished. Run `newsletter send`" in world.json("status")["waiting"][0]
    world.later(minutes=10)
    assert send(world)["cancel_before"] == "2026-11-09T08:31:00Z"
    assert (world.live(), len(world.accepted())) == (EVERYBODY, 6)
    assert "is scheduled, not cancelled" in world.said(*REOPEN, "--yes", code=2)
    world.later(hours=1)
    assert "is sent, not cancelled" in world.said(*REOPEN, "--yes", code=2)


def test_who_has_it_already_is_left_out_of_a_reopened_edition(world: World) -> None:
    world.standin.service.script.add("401", skip=1)
    send(world, "paused", code=4)
    world.later(minutes=24)
    assert cancelled(world, code=4)["too_late"] == 1
    said = world.said(*REOPEN, code=3)
    assert f"{EDITION} would go to 2 people, just as it was frozen." in said
    assert "1 person has it or may have it, and is left out." in said
    assert world.json(*REOPEN, "--yes")["state"] == "sending"
    send(world)
    assert (world.live(), len(world.accepted())) == (EVERYBODY, 3)


def test_who_reopens_an_old_edition_is_told_that_its_posts_came_with_a_later_one(
    world: World,
) -> None:
    """People would get the same post in two mails."""
    send(world)
    cancelled(world)
    assert "Posts of it were" not in world.said(*REOPEN, code=3)
    world.later(days=7)
    assert send(world)["edition"] == "2026-W47"
    warned = "Posts of it were in 2026-W47 too: people get those again."
    assert warned in world.json(*REOPEN, code=3)["reasons"][0]
    assert f"Warning: {warned}" in world.said(*REOPEN, "--yes")


# ---- what stops a send -----------------------------------------------------------------------


def test_a_refused_key_pauses_before_and_after_some_were_accepted(world: World) -> None:
    """Exit code 3 while nobody has it, 4 after that; the same command goes on after the mend."""
    world.standin.service.script.add("401")
    document = send(world, "paused", code=3)
    (reason,) = document["reasons"]
    assert document["recipients"] == {**NOBODY, "pending": 3}
    assert document["cancel_before"] is None
    assert "SENDGRID_API_KEY" in reason
    assert "then `newsletter send` goes on" in reason
    assert world.json("status")["waiting"] == [f"{EDITION} is paused: {reason}"]
    world.standin.service.script.add("401", skip=1)
    document = send(world, "paused", code=4)
    accepted = document["recipients"]["accepted"]
    assert 0 < accepted < 3
    assert document["cancel_before"] == "2026-11-09T08:23:00Z"
    resumed = world.json(*RESUME)
    assert (resumed["outcome"], resumed["recipients"]["accepted"]) == ("scheduled", 3)
    assert world.live() == EVERYBODY


def test_a_clock_that_is_wrong_holds_with_the_mend(world: World) -> None:
    """Deadlines are counted by it."""
    world.standin.service.move_clock(300)
    document = send(world, "held", code=3)
    assert "clock is 300 s behind the provider's" in document["reasons"][0]
    world.standin.service.move_clock(-300)
    send(world)


def test_a_clock_that_goes_wrong_in_between_pauses(world: World) -> None:
    world.standin.service.script.add("401", skip=1)
    send(world, "paused", code=4)
    world.standin.service.move_clock(-300)
    document = send(world, "paused", code=4)
    assert "clock is 300 s ahead of the provider's" in document["reasons"][0]
    assert "newsletter send" in document["reasons"][0]
    world.standin.service.move_clock(300)
    send(world)
    assert world.live() == EVERYBODY


def test_another_transport_in_between_pauses_with_the_mend(world: World) -> None:
    """It would not know what was handed over by the first."""
    world.standin.service.script.add("401", skip=1)
    send(world, "paused", code=4)
    (reason,) = send(world, "paused", code=4, **BY_SMTP)["reasons"]
    assert "was begun with sendgrid, and the settings now say smtp" in reason
    assert 'Set [delivery] transport = "sendgrid" again' in reason
    send(world)


def test_an_edition_on_its_way_is_not_forgotten_when_the_settings_turn_to_a_rehearsal(
    world: World,
) -> None:
    world.standin.service.script.add("401", skip=1)
    send(world, "paused", code=4)
    (said,) = (
        each
        for each in world.json("status", NEWSLETTER_DELIVERY__TRANSPORT="outbox")["waiting"]
        if EDITION in each
    )
    assert f"{EDITION} (real) is not finished" in said
    assert '[delivery] transport = "sendgrid"' in said
    send(world)
    assert world.json("status", NEWSLETTER_DELIVERY__TRANSPORT="outbox")["waiting"] == []


def test_another_transport_cannot_take_back_and_says_so(world: World) -> None:
    """Nobody is told that it is too late while it is not."""
    send(world)
    document = world.json(*CANCEL, code=4, **BY_SMTP)
    assert (document["state"], document["unconfirmed"], document["too_late"]) == (
        "cancelling",
        3,
        0,
    )
    assert 'Set [delivery] transport = "sendgrid" again' in document["reasons"][0]
    assert cancelled(world)["recipients"] == {**NOBODY, "cancelled": 3}
    assert world.live() == []


def test_the_rehearsal_knows_nothing_of_a_real_edition_but_where_it_is(world: World) -> None:
    """An admin in a hurry, whose settings say outbox, learns why it is not found."""
    send(world)
    said = world.said(*CANCEL, code=2, NEWSLETTER_DELIVERY__TRANSPORT="outbox")
    assert f"There is no edition {EDITION} (rehearsal)." in said
    assert 'For the real one set [delivery] transport = "sendgrid" again.' in said


def test_the_window_of_an_edition_is_the_one_that_it_was_frozen_with(world: World) -> None:
    """Setting it to 0 in between neither takes the undo away nor sends the rest at once."""
    world.standin.service.script.add("401", skip=1)
    send(world, "paused", code=4)
    world.settings(undo_minutes=0)
    assert send(world)["cancel_before"] == "2026-11-09T08:23:00Z"
    assert cancelled(world)["recipients"]["cancelled"] == 3
    assert world.live() == []


def test_there_is_nothing_to_resume_where_nothing_is_left(world: World) -> None:
    """And what there is to do instead is said."""
    assert world.json("send", code=3)["outcome"] == "held"
    assert "`newsletter send` sends" in world.said(*RESUME, code=2)
    send(world)
    assert "is scheduled: there is nothing to go on with" in world.said(*RESUME, code=2)
    assert "nothing is unknown" in world.said(*RESUME, "--assume", "lost", "--yes", code=2)
    cancelled(world)
    said = world.said(*RESUME, code=2)
    assert f"`newsletter editions reopen {EDITION}` sends it after all" in said


# ---- what nobody knows -----------------------------------------------------------------------


@pytest.fixture
def unknown(world: World) -> World:
    """Without a window, of one person nobody knows whether the mail was taken; it was."""
    world.settings(undo_minutes=0)
    world.standin.service.script.add("500-after", skip=1)
    document = send(world, "partial", code=4)
    assert document["recipients"] == {**NOBODY, "accepted": 2, "unknown": 1}
    assert "Of 1 person nobody can say" in document["reasons"][0]
    assert f"newsletter editions resume {EDITION} --assume accepted" in document["reasons"][0]
    return world


def test_what_is_unknown_waits_and_is_shown_everywhere(unknown: World) -> None:
    """It is not sent again by itself, however often the timer calls."""
    for _ in range(2):
        assert unknown.json("send", "--scheduled", code=4)["recipients"]["unknown"] == 1
    assert unknown.json(*SHOW)["batches"] == {"accepted": 2, "unknown": 1}
    assert "1 unknown" in unknown.said("status")
    assert len(unknown.json("status")["waiting"]) == 1
    said = unknown.said(*RESUME, code=2)
    assert "--assume accepted` or `--assume lost`" in said
    assert unknown.accepted() == EVERYBODY


@pytest.mark.parametrize(
    ("word", "risk", "mailed"),
    [
        ("accepted", "whoever of them did not get it never will", EVERYBODY),
        ("lost", "whoever did get it gets it twice", [0, 1, 1, 2]),
    ],
)
def test_the_admin_s_word_decides_after_the_risk_was_said(
    unknown: World, word: str, risk: str, mailed: list[int]
) -> None:
    """With the number; without a yes nothing is done, and nobody is asked without a terminal."""
    said = unknown.said(*RESUME, "--assume", word, code=3)
    assert f"Of 1 person nobody can say whether they got {EDITION}." in said
    assert risk in said
    assert "Nothing was done" in said
    document = unknown.json(*RESUME, "--assume", word, code=3)
    assert document["state"] == "partial"
    assert risk in document["reasons"][0]
    assert unknown.accepted() == EVERYBODY
    document = unknown.json(*RESUME, "--assume", word, "--yes")
    assert (document["outcome"], document["recipients"]) == ("sent", {**NOBODY, "accepted": 3})
    assert unknown.live() == mailed
    assert "nothing is unknown" in unknown.said(*RESUME, "--assume", word, "--yes", code=2)
    assert unknown.live() == mailed


def test_nothing_is_assumed_lost_of_an_edition_that_was_taken_back(world: World) -> None:
    """It would be sent by nobody; that it was accepted may be said, and nothing is sent."""
    world.settings(undo_minutes=0)
    world.standin.service.script.add("500-after")
    world.standin.service.script.add("401", skip=1)
    assert send(world, "paused", code=4)["recipients"]["unknown"] == 1
    document = cancelled(world, code=4)
    assert (document["state"], document["recipients"]["unknown"]) == ("cancelled", 1)
    said = world.said(*RESUME, "--assume", "lost", "--yes", code=2)
    assert "nothing more of it is sent" in said
    assert f"newsletter editions reopen {EDITION}" in said
    assert world.json(*SHOW)["recipients"]["unknown"] == 1
    document = world.json(*RESUME, "--assume", "accepted", "--yes")
    assert (document["outcome"], document["recipients"]["unknown"]) == ("cancelled", 0)
    assert len(world.accepted()) < 3


# ---- at a terminal ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "code", "mailed"), [("y\n", 0, [0, 1, 1, 2]), ("\n", 3, EVERYBODY)]
)
def test_at_a_terminal_the_question_comes_after_the_risk(
    unknown: World, typed: str, code: int, mailed: list[int]
) -> None:
    """Enter alone does nothing."""
    said, ended = on_a_terminal(
        unknown.desk.folder,
        typed,
        *RESUME,
        "--assume",
        "lost",
        **unknown.desk.environment(unknown.variables),
    )
    flat = re.sub(r"\s+", " ", said)
    assert flat.index("gets it twice.") < flat.index("Do it?")
    assert (ended, unknown.live()) == (code, mailed)


def test_the_help_says_what_each_does_and_its_exit_codes(world: World) -> None:
    said = world.said("editions", "cancel", "--help")
    assert "the undo" in said
    assert "4 it was too late for some" in said
    said = world.said("editions", "resume", "--help")
    assert "who did get it gets it twice" in said


def test_what_a_killed_run_left_is_not_taken_for_stopped_by_another_transport(
    world: World,
) -> None:
    """The provider took it, and nobody heard so: only the provider can take it back."""
    world.standin.service.script.add("hang-after")
    with world.meanwhile("send", "--yes"):
        for _ in count():
            if world.accepted():
                break
    document = world.json(*CANCEL, code=4, **BY_SMTP)
    assert (document["state"], document["unconfirmed"]) == ("cancelling", 1)
    assert document["recipients"] == {**NOBODY, "unknown": 1, "cancelled": 2}
    assert cancelled(world)["recipients"] == {**NOBODY, "cancelled": 3}
    assert world.live() == []
    assert world.json(*REOPEN, "--yes")["state"] == "sending"
    send(world)
    assert world.live() == EVERYBODY
