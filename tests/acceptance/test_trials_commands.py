"""Trials as the admin meets them: the commands, and a register that is there or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.runner import PEOPLE, WEEK_2, Desk, Post, atom
from tests.register import MISSING, OPENAPI, Register, lutia, register_serving, study
from tests.webserver import WebServer

ONE = "NCT00000001"
OLD = Post(
    number=1,
    title="A trial begins",
    text=f"Its number is {ONE}. It will let people in soon.",
    published="2026-11-05T09:00:00Z",
)


@pytest.fixture
def register() -> Iterator[Register]:
    """A register that knows one study."""
    with register_serving() as found:
        found.keep(study(ONE))
        yield found


@pytest.fixture
def desk(tmp_path: Path, web: WebServer, register: Register) -> Desk:
    """A newsletter whose blog has a post about that study."""
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed")], more=f'[trials]\nbase_url = "{register.url}"\n')
    web.pages["/feed"] = atom(OLD)
    return desk


def test_collecting_reads_the_register_and_a_change_waits_for_the_admin(
    desk: Desk, register: Register
) -> None:
    """From the post to the approval."""
    done = desk.call("collect", "--json")
    assert done.code == 0
    assert done.document["trials"]["found"] == [ONE]
    assert (done.document["trials"]["status"], done.document["trials"]["answered"]) == ("ok", 1)
    listed = desk.call("trials", "list", "--json").document
    assert [(each["id"], each["attention"], each["posts"]) for each in listed] == [
        (ONE, "proposed", 1)
    ]
    assert listed[0]["line"].replace("\u00a0", " ") == (
        f"ClinicalTrials.gov ({ONE}): Recruiting."
        " Register entry updated 1 October 2026; checked 9 November 2026."
    )
    assert desk.call("trials", "follow", ONE.lower(), "--json").document == [
        {"id": ONE, "register": "clinicaltrials.gov", "attention": "followed"}
    ]
    desk.now = WEEK_2
    register.keep(study(ONE, "COMPLETED", updated="2026-11-12"), timestamp="2026-11-13T09:00:00")
    checked = desk.call("trials", "check", "--posts", "--json").document
    assert [each["id"] for each in checked["changed"]] == [ONE]
    assert checked["changed"][0]["changes"][0] == {
        "kind": "status",
        "text": "Status in the register: was Recruiting, is listed as Completed.",
        "news": True,
    }
    assert [each["behind"] for each in checked["posts"]] == [
        "published 2026; register: Completed since 2026"
    ]
    assert desk.call("trials", "approve", ONE).out == f"What changed for {ONE} may be told.\n"
    story = desk.call("trials", "show", ONE, "--json").document
    assert [each["status"] for each in story["history"]] == ["RECRUITING", "COMPLETED"]
    assert story["history"][1]["approved_at"].startswith("2026-11-16T08:")
    assert [each["title"] for each in story["mentioned_by"]] == [OLD.title]


def test_the_commands_say_it_in_words(desk: Desk, register: Register) -> None:
    """For the admin, who is no programmer."""
    assert desk.call("trials", "list").out.startswith("No trial is known yet.")
    desk.call("collect")
    register.keep(study(ONE, "TERMINATED", whyStopped="No funds"), timestamp="2026-11-13T09:00:00")
    said = desk.call("trials", "check", "--posts").out
    assert "1 of 1 answered for, 1 changed." in said
    assert "Terminated (stopped early)" in said
    assert "the sponsor in ClinicalTrials.gov: “No funds”." in said
    assert desk.call("trials", "check").out.startswith("ClinicalTrials.gov: its data are the same")
    listed = desk.call("trials", "list").out
    assert f"`newsletter trials follow {ONE}`" in listed
    shown = desk.call("trials", "show", ONE).out
    assert "as first read" in shown
    assert OLD.title in shown
    assert desk.call("trials", "mute", ONE).out == f"{ONE} is muted.\n"
    assert desk.call("trials", "list", "--attention", "muted").out.startswith("muted")
    refused = desk.call("trials", "show", "NCT00000009")
    assert (refused.code, "No post mentions the trial" in refused.err) == (2, True)
    approved = desk.call("trials", "approve", ONE)
    assert f"newsletter trials follow {ONE}" in approved.err


@pytest.mark.parametrize("fault", ["forbidden", "page", "other", "cut"])
def test_a_register_that_fails_holds_nothing_up(desk: Desk, register: Register, fault: str) -> None:
    """Down or lying: the edition goes out, and the failure is a warning."""
    register.fault = fault
    desk.people()
    collected = desk.call("collect", "--json")
    assert (collected.code, collected.document["trials"]["status"]) == (0, "failed")
    assert collected.document["feeds"][0]["status"] == "ok"
    assert "Warning: ClinicalTrials.gov" in collected.err
    sent = desk.call("send", "--json")
    assert (sent.code, sent.document["outcome"]) == (0, "sent")
    assert "ClinicalTrials.gov" in sent.err
    assert len(desk.mails("2026-W46")) == len(PEOPLE)
    checked = desk.call("trials", "check", "--json")
    assert (checked.code, bool(checked.document["error"])) == (1, True)


def test_a_slow_register_is_given_up_after_the_time_of_the_settings(
    desk: Desk, register: Register, web: WebServer
) -> None:
    """And the feeds were read."""
    more = f'[trials]\nbase_url = "{register.url}"\ntimeout_seconds = 1\n'
    desk.settings([web.url("/feed")], more=more)
    register.fault = "slow"
    done = desk.call("collect")
    assert done.code == 0
    assert "did not answer in time" in done.err


def test_the_real_register_is_not_asked_by_a_rehearsed_clock(desk: Desk, web: WebServer) -> None:
    """What was "checked 9 November" has to be true; the same goes where it was switched off."""
    desk.settings([web.url("/feed")])
    done = desk.call("collect", "--json")
    assert (done.code, done.document["trials"]["status"]) == (0, "off")
    assert "NEWSLETTER_NOW" in desk.call("trials", "check").out
    off = desk.call("trials", "check", "--json", NEWSLETTER_TRIALS__CHECK="false")
    assert off.document["status"] == "off"


@pytest.mark.skipif(not OPENAPI.is_file(), reason=MISSING)
def test_the_trial_of_the_blog_was_completed_since_its_post(desk: Desk, web: WebServer,
                                                           register: Register) -> None:  # fmt: skip
    """The two records of LUTIA, as they may have stood in the register."""
    text = "More at https://clinicaltrials.gov/ct2/show/NCT03590119"
    web.pages["/feed"] = atom(Post(number=2, title="LUTIA", text=text,
                                   published="2019-01-16T09:00:00Z"))  # fmt: skip
    register.keep(lutia("recruiting"))
    desk.call("trials", "follow", "NCT03590119")
    desk.call("collect")
    register.keep(lutia("completed"), timestamp="2026-11-13T09:00:00")
    done = desk.call("trials", "check", "--posts", "--json").document
    assert [change["text"] for change in done["changed"][0]["changes"] if change["news"]] == [
        "Status in the register: was Recruiting, is listed as Completed."
    ]
    assert done["posts"][0]["behind"] == "published 2019; register: Completed since 2022"
    assert done["posts"][0]["line"].replace("\u00a0", " ") == (
        "ClinicalTrials.gov (NCT03590119): Completed."
        " Register entry updated 8 November 2022; checked 9 November 2026."
    )
