"""What readers and the admin see of trials: beside posts, by themselves, and in the proof."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.runner import Desk, Message, Post, atom
from tests.register import Register, register_serving, study
from tests.webserver import WebServer

NUMBER = "NCT00000101"
MONDAYS = ("2026-11-09T08:00:00Z", "2026-11-16T08:00:00Z", "2026-11-23T08:00:00Z")
OLD = Post(
    number=1,
    title="A trial through the artery",
    text=f"It is registered as {NUMBER}.",
    published="2019-01-16T09:00:00Z",
    category="Clinical Trials",
)
WALK = Post(number=2, title="A walk in autumn")
NOTIFY = '[notify]\nto = "admin@clinic.example"\n'
CHANGED = "Status in the register: was Recruiting, is listed as Completed."


@pytest.fixture(name="register")
def _register() -> Iterator[Register]:
    with register_serving() as register:
        register.keep(study(NUMBER), timestamp="2026-11-08T09:00:00")
        yield register


class Blog:
    """A blog with a post about a trial, its readers, and a register."""

    def __init__(self, desk: Desk, web: WebServer, register: Register) -> None:
        self.desk, self.web, self.register = desk, web, register
        self.posts: dict[int, Post] = {}

    def settings(self, more: str = "") -> None:
        trials = "" if "[trials]" in more else "[trials]\n"
        self.desk.settings(
            [self.web.url("/feed/")],
            more=f"{more}\n{trials}".replace(
                "[trials]\n", f'[trials]\nbase_url = "{self.register.url}"\n'
            ),
        )

    def shows(self, *posts: Post) -> None:
        self.posts |= {post.number: post for post in posts}
        self.web.pages["/feed/"] = atom(*self.posts.values())

    def on(self, moment: str) -> Blog:
        self.desk.now = moment
        return self

    def json(self, *arguments: str, code: int = 0) -> Any:
        done = self.desk.call(*arguments, "--json")
        assert done.code == code, done
        return done.document

    def ends(self, *numbers: str) -> None:
        """The register lists these trials as completed, the day before the second Monday."""
        self.register.keep(
            *(study(number, "COMPLETED", updated="2026-11-14") for number in numbers or (NUMBER,)),
            timestamp="2026-11-15T09:00:00",
        )

    def mail(self, edition: str) -> Message:
        return self.desk.mails(edition)[0]


def seen(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(name="blog")
def _blog(tmp_path: Path, web: WebServer, register: Register) -> Blog:
    """The first edition is out; the trial is followed, and its register has been read."""
    blog = Blog(Desk(tmp_path), web, register)
    blog.settings()
    blog.desk.people()
    blog.shows(OLD, WALK)
    assert blog.on(MONDAYS[0]).desk.send()["outcome"] == "sent"
    blog.json("trials", "follow", NUMBER)
    return blog


def test_a_new_post_shows_what_the_register_says_of_its_trial(blog: Blog) -> None:
    blog.shows(replace(OLD, number=3, title="News of it", published="2026-11-15T09:00:00Z"))
    report = blog.on(MONDAYS[1]).desk.send()
    assert report["outcome"] == "sent"
    assert report["posts"]["trials"] == []
    mail = blog.mail(report["edition"])
    said = (
        f"ClinicalTrials.gov ({NUMBER}): Recruiting. Register entry updated 1 October 2026; checked"
        " 16 November 2026."
    )
    assert said in seen(mail.text)
    assert f"https://clinicaltrials.gov/study/{NUMBER}" in mail.text
    assert said.partition(": ")[2] in seen(mail.html)
    assert f'href="https://clinicaltrials.gov/study/{NUMBER}"' in mail.html


def test_what_changed_in_the_register_stands_beneath_the_post_that_changed_too(blog: Blog) -> None:
    blog.ends()
    blog.shows(replace(OLD, text=f"{OLD.text}\nUpdate 14 November 2026\nThe trial has ended."))
    report = blog.on(MONDAYS[1]).desk.send()
    assert [post["title"] for post in report["posts"]["updated"]] == [OLD.title]
    assert [trial["id"] for trial in report["posts"]["trials"]] == [NUMBER]
    mail = blog.mail(report["edition"])
    assert f"Changed: {CHANGED}" in seen(mail.text)
    assert "Trial updates\n=============" not in mail.text
    assert "trial update" not in mail.subject
    blog.shows(replace(WALK, number=4, title="Another walk", published="2026-11-20T09:00:00Z"))
    assert blog.on(MONDAYS[2]).desk.send()["posts"]["trials"] == []


def test_without_a_change_of_the_post_it_waits_for_a_yes_and_is_told_once(blog: Blog) -> None:
    blog.ends()
    assert blog.on(MONDAYS[1]).desk.send()["outcome"] == "nothing-new"
    (waiting,) = blog.json("compose")["trials_waiting"]
    assert waiting == {"id": NUMBER, "title": f"A study called {NUMBER}", "change": CHANGED}
    assert f"without your yes: {NUMBER}." in blog.desk.call("compose").err
    assert any(NUMBER in each for each in blog.json("status")["waiting"])
    blog.json("trials", "approve", NUMBER)
    assert not any(NUMBER in each for each in blog.json("status")["waiting"])
    report = blog.desk.send()
    assert report["outcome"] == "sent"
    assert report["subject"] == f"Register entry changed: A study called {NUMBER}"
    assert report["posts"] == {
        "new": [],
        "updated": [],
        "trials": [{"id": NUMBER, "title": f"A study called {NUMBER}", "change": CHANGED}],
    }
    mail = blog.mail(report["edition"])
    assert "Trial updates\n=============" in mail.text
    assert f"What changed: {CHANGED}" in seen(mail.text)
    assert "On the blog: A trial through the artery" in seen(mail.text)
    shown = blog.desk.call("editions", "show", report["edition"])
    assert f"{NUMBER}  A study called {NUMBER}" in shown.out
    assert blog.on(MONDAYS[2]).desk.send()["outcome"] == "nothing-new"
    assert blog.json("compose")["trials_waiting"] == []


def test_unattended_it_goes_out_by_itself(blog: Blog) -> None:
    blog.settings("[trials]\nunattended = true\n")
    blog.ends()
    assert len(blog.on(MONDAYS[1]).desk.send("--scheduled")["posts"]["trials"]) == 1


def test_who_does_not_follow_a_trial_hears_nothing_of_its_changes(blog: Blog) -> None:
    blog.settings("[trials]\nunattended = true\n")
    blog.json("trials", "mute", NUMBER)
    blog.ends()
    assert blog.on(MONDAYS[1]).desk.send()["outcome"] == "nothing-new"


def test_a_trial_update_can_be_left_out_and_taken_in_again(blog: Blog) -> None:
    blog.settings("[trials]\nunattended = true\n")
    blog.ends()
    blog.shows(replace(WALK, number=4, title="Another walk", published="2026-11-15T09:00:00Z"))
    edition = blog.on(MONDAYS[1]).json("collect") and blog.json("compose")["edition"]
    assert blog.json("editions", "drop", edition, NUMBER.lower())["trials"] == 0
    assert blog.json("editions", "show", edition)["trials_left_out"] == [NUMBER]
    assert blog.json("editions", "drop", edition, NUMBER, "--undo")["trials"] == 1
    assert blog.json("editions", "drop", edition, NUMBER)["trials"] == 0
    assert blog.desk.send()["posts"]["trials"] == []
    assert blog.on(MONDAYS[2]).desk.send()["outcome"] == "nothing-new"
    done = blog.desk.call("editions", "drop", edition, "NCT00000999")
    assert done.code == 2
    assert "cannot be changed any more" in done.err


def test_what_is_in_no_draft_cannot_be_left_out(blog: Blog) -> None:
    blog.shows(replace(WALK, number=4, title="Another walk", published="2026-11-15T09:00:00Z"))
    edition = blog.on(MONDAYS[1]).json("collect") and blog.json("compose")["edition"]
    error = blog.json("editions", "drop", edition, NUMBER, code=2)["error"]
    assert NUMBER in error["message"]


def test_a_cancelled_edition_has_told_nothing(blog: Blog) -> None:
    blog.settings("[trials]\nunattended = true\n")
    blog.ends()
    edition = blog.on(MONDAYS[1]).json("collect") and blog.json("compose")["edition"]
    blog.json("preview", edition, "--out", "preview")
    blog.json("editions", "approve", edition)
    blog.json("editions", "cancel", edition)
    assert len(blog.on(MONDAYS[2]).desk.send()["posts"]["trials"]) == 1


def test_too_many_trials_at_once_hold_the_edition(blog: Blog) -> None:
    numbers = [f"NCT000002{at:02}" for at in range(25)]
    blog.register.keep(*(study(number) for number in numbers), timestamp="2026-11-09T10:00:00")
    blog.json("trials", "follow", *numbers)
    blog.on("2026-11-10T08:00:00Z").json("collect")
    blog.settings("[trials]\nunattended = true\n")
    blog.ends(*numbers)
    report = blog.on(MONDAYS[1]).desk.send("--scheduled", code=3)
    assert report["outcome"] == "held"
    (reason,) = report["reasons"]
    assert "0 posts and 25 trial updates would be in it, more than 20" in reason
    assert not blog.desk.mails("2026-W47")


def test_a_register_that_was_not_reached_for_long_is_said_so(blog: Blog) -> None:
    blog.register.fault = "page"
    blog.shows(replace(OLD, number=3, title="News of it", published="2026-11-22T09:00:00Z"))
    report = blog.on(MONDAYS[2]).desk.send()
    assert report["outcome"] == "sent"
    assert "register not reached since 9 November 2026" in seen(blog.mail(report["edition"]).text)


def test_each_reader_gets_the_updates_of_her_topics(blog: Blog) -> None:
    topics = "".join(
        f'[[topics]]\nkey = "{key}"\ntitle = "{name}"\ncategories = ["{name}"]\n'
        for key, name in (("trials", "Clinical Trials"), ("news", "News"))
    )
    blog.settings(f"{topics}\n[trials]\nunattended = true\n")
    blog.desk.people("tess@example.org,trials", "nell@example.org,news")
    blog.ends()
    blog.shows(replace(WALK, number=4, title="Another walk", published="2026-11-15T09:00:00Z"))
    report = blog.on(MONDAYS[1]).desk.send()
    told = {mail.to: CHANGED in seen(mail.text) for mail in blog.desk.mails(report["edition"])}
    assert told["ann@example.org"]
    assert told["tess@example.org"]
    assert not told["nell@example.org"]


def test_the_proof_tells_what_waits_and_which_posts_were_overtaken(blog: Blog) -> None:
    blog.settings(NOTIFY)
    blog.ends()
    blog.on("2026-11-15T12:00:00Z").desk.send("--scheduled")
    (proof,) = [m for m in blog.desk.mails("notices") if m.subject.startswith("[PROOF]")]
    assert "2026-W47: trials changed in the register" in proof.subject
    for part in (seen(proof.text), seen(proof.html)):
        assert "There is nothing in it yet, so nothing goes out." in part
        assert "Changed in the trial register, and waiting for your yes:" in part
        assert f"A study called {NUMBER}: {CHANGED}" in part
        assert f"newsletter trials approve {NUMBER}" in part
        assert f"A trial through the artery ({NUMBER}): published 2019; register: Completed" in part
        assert "editions cancel" not in part


def test_the_proof_of_an_edition_with_posts_has_it_above_the_mail(blog: Blog) -> None:
    blog.settings(NOTIFY)
    blog.ends()
    blog.shows(replace(WALK, number=4, title="Another walk", published="2026-11-14T09:00:00Z"))
    blog.on("2026-11-15T12:00:00Z").desk.send("--scheduled")
    (proof,) = [m for m in blog.desk.mails("notices") if m.subject.startswith("[PROOF]")]
    assert "Another walk" in proof.subject
    assert proof.text.index("waiting for your yes") < proof.text.index("Below this line")


def test_a_sample_shows_the_lines_too(blog: Blog) -> None:
    blog.json("preview", "--sample", "--out", "preview")
    text = (blog.desk.folder / "preview/sample/all.txt").read_text(encoding="utf-8")
    assert f"ClinicalTrials.gov ({NUMBER}): Recruiting." in seen(text)


def test_an_edition_kept_before_there_were_trials_is_shown_as_it_was(blog: Blog) -> None:
    import sqlite3

    with sqlite3.connect(blog.desk.folder / "newsletter.db") as database:
        for at, shown in database.execute("SELECT rowid, shown FROM edition_item").fetchall():
            old = {name: value for name, value in json.loads(shown).items() if "trials" not in name}
            database.execute("UPDATE edition_item SET shown = ? WHERE rowid = ?",
                             (json.dumps(old), at))  # fmt: skip
    assert blog.json("editions", "show", "2026-W46")["posts"]["new"][0]["title"] == WALK.title
