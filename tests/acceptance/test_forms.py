"""Each reader gets the mail in the form they chose; a discreet one tells nothing from outside."""

from __future__ import annotations

import sqlite3
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.acceptance.runner import WEEK_1, Desk, Message, Post, atom
from tests.webserver import WebServer

FORMS = ("normal", "large", "plain", "discreet")
TRIAL = Post(number=1, title="A trial for neuroendocrine cancer (LUTIA)", text="It has begun. " * 9)
WORDS = 'words = ["neuroendocrine", "cancer", "NET"]'


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def written(desk: Desk, web: WebServer, privacy: str = WORDS) -> None:
    """Settings, the blog, and one reader of each form."""
    web.pages["/feed"] = atom(TRIAL)
    desk.settings([web.url("/feed")], more=f"[privacy]\n{privacy}\n[digest]\ncheck_links = false\n")
    desk.people(*(f"{form}@example.org" for form in FORMS))
    with sqlite3.connect(desk.folder / "newsletter.db") as database:
        for form in FORMS:
            database.execute(
                "UPDATE subscriber_person SET form = ? WHERE address = ?",
                (form, f"{form}@example.org"),
            )


def mails(desk: Desk, edition: str = "2026-W46") -> dict[str, Message]:
    return {mail.to.partition("@")[0]: mail for mail in desk.mails(edition)}


def outside(headers: EmailMessage) -> str:
    """All headers but the reader's own address."""
    return "\n".join(f"{name}: {value}" for name, value in headers.items() if name != "To")


def test_every_form_has_both_parts_and_the_headers_that_it_should(
    desk: Desk, web: WebServer
) -> None:
    written(desk, web)
    desk.now = WEEK_1
    assert desk.send()["outcome"] == "sent"
    found = mails(desk)
    assert set(found) == set(FORMS)
    for mail in found.values():
        assert TRIAL.title in mail.text
        assert "LUTIA" in mail.html
        assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for form in ("normal", "large", "plain"):
        assert found[form].subject == TRIAL.title
        assert found[form].headers["From"] == "Morgan Hale <news@blog.example.org>"
        assert "A Slow Kind of Luck" in found[form].headers["List-Id"]
    assert "font-size:22px" in found["large"].html
    assert "<img" not in found["plain"].html
    assert 'class="card' not in found["plain"].html


def test_a_discreet_mail_tells_nothing_from_outside(desk: Desk, web: WebServer) -> None:
    written(desk, web)
    desk.now = WEEK_1
    desk.send()
    mail = mails(desk)["discreet"]
    assert mail.headers["From"] == "Newsletter <news@blog.example.org>"
    assert mail.headers["Reply-To"] == "morgan@blog.example.org"
    assert mail.headers["List-Id"] == "<newsletter.blog.example.org>"
    assert mail.subject == "Your newsletter, week of 9 November 2026"
    assert "<title>Your newsletter, Week of 9&#160;November 2026</title>" in mail.html
    assert mail.text.startswith("1 thing to read, in about 1 minute.\n\nView in browser:\n")
    for word in ("Luck", "cancer", "LUTIA"):
        assert word not in outside(mail.headers)


def test_a_sender_of_its_own_gets_the_answers_too(desk: Desk, web: WebServer) -> None:
    written(desk, web, 'discreet_sender = "The letter <letter@post.example.net>"')
    desk.now = WEEK_1
    desk.send()
    mail = mails(desk)["discreet"]
    assert mail.headers["From"] == "The letter <letter@post.example.net>"
    assert mail.headers["Reply-To"] is None
    assert mail.headers["List-Id"] == "<newsletter.post.example.net>"
    assert mail.headers["Message-ID"].endswith("@post.example.net>")
    assert "Replies reach letter@post.example.net;" in " ".join(mail.text.split())


def test_the_sender_is_frozen_with_the_edition(desk: Desk, web: WebServer) -> None:
    written(desk, web, 'discreet_sender = "The letter"')
    desk.now = WEEK_1
    desk.call("collect")
    desk.call("compose")
    desk.call("preview")
    assert desk.call("editions", "approve", "2026-W46").code == 0
    written_anew = (desk.folder / "newsletter.toml").read_text(encoding="utf-8")
    (desk.folder / "newsletter.toml").write_text(
        written_anew.replace("The letter", "Another name"), encoding="utf-8"
    )
    assert desk.send()["outcome"] == "sent"
    assert mails(desk)["discreet"].headers["From"] == "The letter <news@blog.example.org>"


@pytest.mark.parametrize("another", [True, False])
def test_who_wants_discreet_mails_after_the_approval_gets_no_other(
    desk: Desk, web: WebServer, another: bool
) -> None:
    """Frozen is frozen: hers is the discreet form of everything if it was made, or none."""
    written(desk, web)
    chosen = "UPDATE subscriber_person SET form = ?, topics = ? WHERE address = ?"
    late = "normal@example.org"
    with sqlite3.connect(desk.folder / "newsletter.db") as database:
        if not another:
            database.execute(chosen, ("large", "", "discreet@example.org"))
    desk.now = WEEK_1
    for arguments in (
        ("collect",),
        ("compose",),
        ("preview",),
        ("editions", "approve", "2026-W46"),
    ):
        assert desk.call(*arguments).code == 0
    with sqlite3.connect(desk.folder / "newsletter.db") as database:
        database.execute(chosen, ("discreet", "news", late))
    sent = desk.send()
    assert sent["recipients"]["skipped"] == ({} if another else {"not-discreet": 1})
    found = mails(desk)
    assert ("normal" in found) == another
    assert all("cancer" not in outside(m.headers) for name, m in found.items() if name == "normal")
    because = desk.call("explain", "subscriber", late).out
    assert another or "discreet mails were chosen after it was made" in because


@pytest.mark.parametrize(
    ("privacy", "place", "mend"),
    [
        ('words = ["letter"]\ndiscreet_subject = "My Letters"', "Subject", "discreet_subject"),
        ('words = ["Carcinoid"]\ndiscreet_sender = "Carcinoid news"', "From", "discreet_sender"),
        ('words = ["blog"]', "List-Id", "discreet_sender"),
        ('words = ["morgan"]', "Reply-To", "discreet_sender"),
        ('words = ["news.example"]', "List-Unsubscribe", "public_url"),
    ],
)
def test_a_word_that_others_could_see_holds_the_edition(
    desk: Desk, web: WebServer, privacy: str, place: str, mend: str
) -> None:
    written(desk, web, privacy)
    desk.now = WEEK_1
    report = desk.send(code=3)
    assert report["outcome"] == "held"
    (reason,) = [each for each in report["reasons"] if f"others can see it: {place}." in each]
    assert mend in reason
    assert "privacy.words" in reason
    assert desk.mails("2026-W46") == []


def test_nobody_who_is_discreet_is_no_reason_to_hold(desk: Desk, web: WebServer) -> None:
    web.pages["/feed"] = atom(TRIAL)
    desk.settings([web.url("/feed")], more='[privacy]\nwords = ["cancer"]\n')
    desk.people("ann@example.org")
    desk.now = WEEK_1
    assert desk.send()["outcome"] == "sent"
