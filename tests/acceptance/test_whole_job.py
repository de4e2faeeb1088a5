"""The whole job through the commands alone, on either kind of database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.runner import PEOPLE, Desk, atom
from tests.acceptance.test_editions_commands import post
from tests.webserver import WebServer

KEY = "2026-W46"


@pytest.fixture
def desk(tmp_path: Path, web: WebServer, database_url: str) -> Desk:
    """A newsletter whose database is the one that the settings name."""
    desk = Desk(tmp_path)
    web.pages["/feed"] = atom(post(2), post(1))
    desk.settings([web.url("/feed")], more=f'[store]\nurl = "{database_url}"\n')
    desk.people()
    return desk


def test_from_an_empty_database_to_everybodys_mail_and_back(desk: Desk, web: WebServer) -> None:
    """Collect, note, leave out, preview, send, send again, leave, erase, and the week after."""
    assert desk.call("collect", "--json").document["feeds"][0]["new"] == 2
    assert desk.call("editions", "note", KEY, "Dear all.").code == 0
    number = str(desk.call("posts", "list", "--json").document[-1]["id"])
    assert desk.call("editions", "drop", KEY, number).code == 0
    assert desk.call("preview", "--json").document["variants"] == ["all"]
    sent = desk.send()
    assert (sent["outcome"], sent["recipients"]["accepted"]) == ("sent", len(PEOPLE))
    assert [mail.to for mail in desk.mails(KEY)] == list(PEOPLE)
    assert desk.send()["outcome"] == "already-sent"
    assert desk.call("status").code == 0
    assert desk.call("posts", "show", number).code == 0
    assert desk.call("subscribers", "unsubscribe", PEOPLE[0]).code == 0
    erased = desk.call("subscribers", "erase", PEOPLE[1], "--yes", NEWSLETTER_SECRET_KEY="k" * 40)
    assert erased.code == 0
    exported = desk.call("subscribers", "export", "-")
    assert PEOPLE[1] not in exported.out
    desk.now = "2026-11-16T08:00:00Z"
    web.pages["/feed"] = atom(post(3), post(2), post(1))
    again = desk.send()
    assert again["recipients"]["accepted"] == len(PEOPLE) - 2
    assert [mail.to for mail in desk.mails("2026-W47")] == list(PEOPLE[2:])
    assert desk.call("doctor", "--json").code in (0, 1)
