"""What an admin does to an edition before it goes: look, note, leave out, approve."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from newsletter.delivery.links import links_for
from tests.acceptance.runner import PEOPLE, WEEK_2, Desk, Message, Post, atom
from tests.webserver import WebServer

KEY = "2026-W46"
_THURSDAY = '[schedule]\nevery = "week"\non = "thursday"\nat = "09:53"\n'
FUSE = "[fuse]\nmax_items = 2\n"
STATES = {"draft", "held", "frozen", "sending", "paused", "cancelling", "cancelled", "scheduled",
          "sent", "partial"}  # fmt: skip


def post(number: int, text: str = "A few plain words about it.") -> Post:
    return Post(
        number=number,
        title=f"Post {number}",
        text=text,
        published=f"2026-11-06T0{number}:00:00Z",
    )


@pytest.fixture
def desk(tmp_path: Path, web: WebServer) -> Desk:
    """Three fresh posts, one more than the fuse lets through."""
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed")], more=FUSE)
    desk.people()
    web.pages["/feed"] = atom(post(3), post(2), post(1))
    return desk


@pytest.fixture
def calm(desk: Desk, web: WebServer) -> Desk:
    """The same with a fuse that does not hold, collected."""
    desk.settings([web.url("/feed")])
    assert desk.call("collect").code == 0
    return desk


def edition(desk: Desk, key: str = KEY) -> Any:
    return desk.call("editions", "show", key, "--json").document


def titles(document: Any) -> list[str]:
    return [each["title"] for each in document["posts"]["new"]]


def number_of(document: Any, title: str) -> str:
    return next(str(each["id"]) for each in document["posts"]["new"] if each["title"] == title)


def filled(preview: str, mail: Message) -> str:
    """The previewed bytes with this person's links in the place of the tags."""
    token = re.search(r"/unsubscribe/([\w-]+)>", str(mail.headers["List-Unsubscribe"]))
    assert token is not None
    own = links_for("https://news.example.org", KEY, token[1])
    found, count = re.subn(
        r"-nl-[0-9a-f]+-(unsubscribe|preferences|view)-(?:html|text)-",
        lambda tag: str(getattr(own, tag[1])),
        preview,
    )
    assert count >= 3
    return found


def test_held_by_the_fuse_it_waits_for_approval(desk: Desk) -> None:
    """From the hold over preview and approval to the mails, which are the previewed bytes."""
    held = desk.send(code=3)
    assert held["outcome"] == "held"
    assert "3 posts would be in it, more than 2" in held["reasons"][0]
    assert not desk.mails(KEY)
    assert edition(desk)["state"] == "held"
    assert any(KEY in line for line in desk.call("status", "--json").document["waiting"])
    refused = desk.call("editions", "approve", KEY)
    assert refused.code == 3
    assert f"newsletter preview {KEY}" in refused.err
    desk.now = "2026-11-09T09:00:00Z"
    assert desk.send(code=3)["outcome"] == "held"  # asking again changes nothing
    preview = desk.call("preview")
    assert preview.code == 0
    assert "Held: 3 posts would be in it" in preview.out
    looked_at = edition(desk)["checksum"]
    approved = desk.call("editions", "approve", KEY, "--json")
    assert approved.document == {"edition": KEY, "state": "frozen", "checksum": looked_at}
    assert not desk.mails(KEY)
    sent = desk.send()
    assert (sent["outcome"], sent["recipients"]["accepted"]) == ("sent", 3)
    assert edition(desk)["checksum"] == looked_at
    shown = desk.folder / "preview" / KEY
    html, text = ((shown / f"all.{kind}").read_text("utf-8") for kind in ("html", "txt"))
    assert [mail.to for mail in desk.mails(KEY)] == list(PEOPLE)
    for mail in desk.mails(KEY):
        assert mail.subject == (shown / "all.subject.txt").read_text("utf-8").strip()
        assert mail.html.strip() == filled(html, mail).strip()
        assert mail.text.strip() == filled(text, mail).strip()


def test_an_edition_approved_early_goes_out_with_the_timer_at_its_time(
    desk: Desk, web: WebServer
) -> None:
    """Approved on Monday, due on Thursday: the hourly timer waits for Thursday."""
    desk.settings([web.url("/feed")], schedule=_THURSDAY, more=FUSE)
    assert desk.send(code=3)["outcome"] == "held"
    assert desk.call("preview").code == 0
    assert desk.call("editions", "approve", KEY).code == 0
    dry = desk.send("--dry-run")
    assert (dry["outcome"], dry["recipients"]["pending"]) == ("dry-run", 3)
    desk.now = "2026-11-09T09:00:00Z"
    desk.send("--scheduled")
    assert edition(desk)["state"] == "frozen"
    assert not desk.mails(KEY)
    desk.now = "2026-11-12T10:00:00Z"
    assert desk.send("--scheduled")["outcome"] == "sent"
    assert len(desk.mails(KEY)) == 3


def test_an_approved_edition_keeps_its_sender_whatever_the_settings_say(desk: Desk) -> None:
    desk.send(code=3)
    desk.call("preview")
    desk.call("editions", "approve", KEY)
    settings = desk.folder / "newsletter.toml"
    before = settings.read_text("utf-8")
    after = re.sub(r'sender = ".*"', 'sender = "Somebody Else <other@example.net>"', before)
    assert after != before
    settings.write_text(after, "utf-8")
    assert desk.send()["outcome"] == "sent"
    senders = {str(mail.headers["From"]) for mail in desk.mails(KEY)}
    assert len(senders) == 1
    assert "other@example.net" not in senders.pop()


def test_what_changed_after_the_preview_needs_another_look(desk: Desk, web: WebServer) -> None:
    desk.send(code=3)
    desk.call("preview")
    web.pages["/feed"] = atom(post(4), post(3), post(2), post(1))
    desk.send(code=3)
    refused = desk.call("editions", "approve", KEY, "--json")
    assert refused.code == 3
    assert "has changed since it was previewed" in refused.document["error"]["message"]
    desk.call("preview")
    assert desk.call("editions", "approve", KEY).code == 0
    assert len(desk.send()["posts"]["new"]) == 4


def test_what_comes_after_approval_waits_for_the_next_edition(desk: Desk, web: WebServer) -> None:
    desk.send(code=3)
    desk.call("preview")
    desk.call("editions", "approve", KEY)
    web.pages["/feed"] = atom(post(4), post(3), post(2), post(1))
    assert len(desk.send()["posts"]["new"]) == 3
    desk.now = WEEK_2
    assert titles(desk.send()) == ["Post 4"]


def test_what_nobody_approved_is_in_the_next_edition_with_its_note(
    desk: Desk, web: WebServer
) -> None:
    desk.send(code=3)
    desk.call("editions", "note", KEY, "Dear all.")
    desk.now = WEEK_2
    desk.settings([web.url("/feed")])
    assert titles(desk.send()) == ["Post 3", "Post 2", "Post 1"]
    assert "Dear all." in desk.mails("2026-W47")[0].text
    old = edition(desk)
    assert old["state"] == "cancelled"
    assert "2026-W47" in old["reasons"][0]
    assert not desk.mails(KEY)


def test_what_was_approved_late_goes_out_before_the_next(desk: Desk, web: WebServer) -> None:
    desk.send(code=3)
    desk.call("preview")
    desk.now = WEEK_2
    assert desk.call("editions", "approve", KEY).code == 0
    later = Post(number=9, title="Post 9", published="2026-11-12T09:00:00Z")
    web.pages["/feed"] = atom(later, post(3), post(2), post(1))
    assert titles(desk.send()) == ["Post 9"]
    assert len(desk.mails(KEY)) == len(desk.mails("2026-W47")) == len(PEOPLE)
    assert "Post 9" not in desk.mails(KEY)[0].text
    assert "Post 1" not in desk.mails("2026-W47")[0].text


def test_leaving_posts_out_lifts_the_fuse(desk: Desk) -> None:
    held = desk.send(code=3)
    assert desk.call("editions", "drop", KEY, number_of(held, "Post 2")).code == 0
    assert edition(desk)["state"] == "draft"
    assert titles(desk.send()) == ["Post 3", "Post 1"]


def test_a_note_is_shown_above_the_posts(calm: Desk) -> None:
    calm.call("preview")
    done = calm.call("editions", "note", KEY, "Dear all, a *quiet* week & <more>.")
    assert done.code == 0
    assert edition(calm)["note"] == "Dear all, a *quiet* week & <more>."
    calm.send()
    mail = calm.mails(KEY)[0]
    assert "<em>quiet</em>" in mail.html
    assert "&lt;more&gt;" in mail.html
    assert mail.text.index("Dear all, a") < mail.text.index("Post 3\n")


def test_a_note_is_read_from_standard_input_and_taken_out(calm: Desk) -> None:
    calm.call("preview")
    told = calm.call("editions", "note", KEY, "Dear *|FNAME|*, {{ first_name }}, 5 *| 6 % 7 %!")
    assert "*|FNAME|*, {{ first_name }} goes out as it is written" in told.err
    assert edition(calm)["note"].startswith("Dear *|FNAME|*")
    assert calm.call("editions", "note", KEY, stdin="From a file.\n").code == 0
    assert edition(calm)["note"] == "From a file."
    assert "taken out" in calm.call("editions", "note", KEY, "--clear").out
    assert edition(calm)["note"] == ""
    calm.send()
    assert "From a file." not in calm.mails(KEY)[0].text


def test_a_note_may_be_written_before_there_is_any_news(desk: Desk, web: WebServer) -> None:
    """A note alone makes no edition; with the first post it stands above it."""
    desk.settings([web.url("/feed")])
    web.pages["/feed"] = atom()
    assert desk.call("editions", "note", KEY, "A word beforehand.").code == 0
    assert desk.send()["outcome"] == "nothing-new"
    web.pages["/feed"] = atom(post(1))
    assert desk.send()["outcome"] == "sent"
    assert all("A word beforehand." in mail.text for mail in desk.mails(KEY))
    later = desk.call("editions", "note", "2027-W01", "Too early.")
    assert later.code == 2
    assert "There is no edition 2027-W01" in later.err


def test_a_note_survives_a_collection(calm: Desk, web: WebServer) -> None:
    calm.call("preview")
    calm.call("editions", "note", KEY, "Dear all.")
    web.pages["/feed"] = atom(post(4), post(3), post(2), post(1))
    assert len(calm.send()["posts"]["new"]) == 4
    assert "Dear all." in calm.mails(KEY)[0].text


def test_a_post_left_out_comes_again_only_when_it_changes(calm: Desk, web: WebServer) -> None:
    calm.call("preview")
    number = number_of(edition(calm), "Post 2")
    assert calm.call("editions", "drop", KEY, number).code == 0
    assert [each["title"] for each in edition(calm)["left_out"]] == ["Post 2"]
    assert titles(calm.send()) == ["Post 3", "Post 1"]
    assert "Post 2" not in calm.mails(KEY)[0].html + calm.mails(KEY)[0].text
    calm.now = WEEK_2
    assert calm.send()["outcome"] == "nothing-new"
    longer = (
        "Update 14 Nov 2026: The trial has closed after forty people had joined it.\n"
        "A few plain words about it."
    )
    web.pages["/feed"] = atom(post(3), post(2, longer), post(1))
    again = calm.send()
    assert [each["title"] for each in again["posts"]["updated"]] == ["Post 2"]
    assert again["posts"]["new"] == []


def test_leaving_out_can_be_undone(calm: Desk) -> None:
    calm.call("preview")
    number = number_of(edition(calm), "Post 2")
    calm.call("editions", "drop", KEY, number)
    assert calm.call("editions", "drop", KEY, number, "--undo").code == 0
    assert titles(calm.send()) == ["Post 3", "Post 2", "Post 1"]


def test_with_every_post_left_out_there_is_no_edition(calm: Desk) -> None:
    calm.call("preview")
    for each in edition(calm)["posts"]["new"]:
        done = calm.call("editions", "drop", KEY, str(each["id"]))
    assert "Nothing is left in it" in done.out
    assert calm.send()["outcome"] == "nothing-new"
    assert not calm.mails(KEY)


def test_what_cannot_be_done_to_an_edition_is_said(calm: Desk) -> None:
    calm.call("preview")
    for arguments in (("note", "2026-W01", "x"), ("drop", KEY, "999"), ("show", "nonsense"),
                      ("approve", "2026-W01"), ("note", KEY, "x", "--bogus")):  # fmt: skip
        assert calm.call("editions", *arguments).code == 2, arguments
    calm.send()
    for arguments in (("note", KEY, "x"), ("drop", KEY, "1"), ("approve", KEY)):
        done = calm.call("editions", *arguments)
        assert done.code == 2, arguments
        assert "sent" in done.err


def test_the_contract_of_editions_show(calm: Desk) -> None:
    calm.call("preview")
    draft = edition(calm)
    assert draft["state"] == "draft"
    assert draft["batches"] == {}
    calm.send()
    shown = edition(calm)
    assert {"edition", "state", "reasons", "recipients", "batches"} <= set(shown)
    assert shown["state"] == "sent"
    assert shown["state"] in STATES
    assert shown["recipients"]["planned"] == shown["recipients"]["accepted"] == 3
    assert shown["batches"] == {"accepted": 1}
    said = calm.call("editions", "show", KEY).out
    assert "Post 3" in said
    assert "3 accepted" in said


def test_editions_are_listed_newest_first(calm: Desk, web: WebServer) -> None:
    calm.send()
    web.pages["/feed"] = atom(
        Post(number=9, title="Post 9", published="2026-11-12T09:00:00Z"), post(3)
    )
    calm.now = WEEK_2
    calm.send()
    listed = calm.call("editions", "list", "--json").document
    assert [(each["edition"], each["state"]) for each in listed] == [
        ("2026-W47", "sent"), (KEY, "sent"),
    ]  # fmt: skip
    assert listed[0]["subject"] in calm.call("editions", "list").out


def test_a_preview_holds_the_bytes_of_each_variant(calm: Desk, web: WebServer) -> None:
    """And looking twice gives the same bytes."""
    calm.settings(
        [web.url("/feed")],
        more='[[topics]]\nkey = "news"\ntitle = "News"\ncategories = ["News"]\n'
        '[[topics]]\nkey = "else"\ntitle = "Else"\ncategories = ["Else"]\n',
    )
    calm.people("dot@example.org,news")
    done = calm.call("preview", "--out", "look", "--json")
    assert done.document["variants"] == ["all", "news"]
    assert done.document["findings"] == []
    folder = calm.folder / "look" / KEY
    kinds = ("html", "txt", "mjml", "subject.txt")
    wanted = {f"{variant}.{kind}" for variant in ("all", "news") for kind in kinds}
    assert wanted | {"index.html"} <= {file.name for file in folder.iterdir()}
    assert Path(calm.folder / done.document["page"]) == folder / "index.html"
    first = {name: (folder / name).read_bytes() for name in wanted}
    calm.now = "2026-11-09T10:00:00Z"
    calm.call("preview", "--out", "look")
    assert first == {name: (folder / name).read_bytes() for name in wanted}


def test_a_sample_is_marked_and_stored_nowhere(calm: Desk) -> None:
    calm.send()
    before = calm.call("editions", "list", "--json").document
    done = calm.call("preview", "--sample", "--json")
    assert done.document["sample"] is True
    page = (calm.folder / "preview" / "sample" / "all.html").read_text("utf-8")
    assert "SAMPLE" in page
    assert calm.call("editions", "list", "--json").document == before
