"""`newsletter send` as its user meets it, by hand and from a timer."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from newsletter.store.engine import open_database
from subscribers.model import SuppressionReason
from subscribers.store import suppressions
from tests.acceptance.runner import PEOPLE, WEEK_1, WEEK_2, Desk, Post, atom
from tests.webserver import Page, WebServer

TOPICS = """
[[topics]]
key = "trials"
title = "Clinical trials"
categories = ["Clinical Trials"]
[[topics]]
key = "living"
title = "Living well"
categories = ["Living"]
"""
TRIAL = Post(number=1, title="How trials work", category="Clinical Trials")
WALK = Post(number=2, title="A walk in autumn", category="Living")
LATER = Post(number=4, title="Winter begins", published="2026-11-12T09:00:00Z")
POSTS: dict[str, list[Any]] = {"new": [], "updated": [], "trials": []}
NOBODY = {"planned": 0, "accepted": 0, "rejected": 0, "unknown": 0, "cancelled": 0, "pending": 0,
          "skipped": {}}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path, web: WebServer) -> Desk:
    """A blog with two fresh posts, and settings with two topics; nobody is on the list yet."""
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed")], more=TOPICS)
    web.pages["/feed"] = atom(WALK, TRIAL)
    return desk


def titles(document: Any, kind: str = "new") -> list[str]:
    return [post["title"] for post in document["posts"][kind]]


def ledger(desk: Desk) -> dict[str, list[Any]]:
    """Every row of every table but what a fetch notes of its feed."""
    with sqlite3.connect(desk.folder / "newsletter.db") as database:
        names = [row[0] for row in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]  # fmt: skip
        found = {
            name: database.execute(f'SELECT * FROM "{name}"').fetchall()
            for name in names
            if name != "feed"
        }
    database.close()
    return found


def test_the_contract_of_json(desk: Desk) -> None:
    desk.people()
    sent = desk.send()
    posts = sent.pop("posts")
    assert sent == {"edition": "2026-W46", "outcome": "sent", "reasons": [],
                    "subject": desk.mails("2026-W46")[0].subject,
                    "recipients": NOBODY | {"planned": 3, "accepted": 3},
                    "cancel_before": None}  # fmt: skip
    assert set(posts) == {"new", "updated", "trials"}
    assert [set(post) for post in posts["new"]] == [{"id", "title", "url"}] * 2
    assert {(post["title"], post["url"]) for post in posts["new"]} == {
        (TRIAL.title, "https://blog.example.org/how-trials-work/"),
        (WALK.title, "https://blog.example.org/a-walk-in-autumn/"),
    }


def test_a_second_send_does_nothing(desk: Desk) -> None:
    """In processes of their own, as a person types it."""
    desk.people()
    first = desk.run("send")
    assert first.code == 0, first
    assert "2026-W46 is out." in first.out
    before = desk.files()
    again = desk.run("send", "--json")
    assert again.code == 0
    assert again.document["outcome"] == "already-sent"
    assert again.document["recipients"]["accepted"] == 3
    assert "2026-W46 is out already; nothing was done." in desk.call("send").out
    assert desk.files() == before


def test_each_mail_is_whole_and_personal(desk: Desk) -> None:
    desk.people()
    desk.send()
    mails = desk.mails("2026-W46")
    assert [mail.to for mail in mails] == list(PEOPLE)
    links = {mail.headers["List-Unsubscribe"] for mail in mails}
    assert len(links) == len(mails)
    for mail in mails:
        link = mail.headers["List-Unsubscribe"].strip("<>")
        assert link.startswith("https://news.example.org/unsubscribe/")
        assert link in mail.html
        assert link in mail.text
        assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail.headers["List-Id"]
        assert "-nl-" not in mail.html + mail.text
        assert not any(other in mail.html for other in PEOPLE if other != mail.to)
        assert mail.file.stat().st_mode & 0o077 == 0


def test_nothing_new_makes_no_edition(desk: Desk) -> None:
    desk.people()
    desk.send()
    desk.now = WEEK_2
    assert desk.send() == {"edition": None, "outcome": "nothing-new", "reasons": [], "subject": "",
                           "posts": POSTS, "recipients": NOBODY, "cancel_before": None}  # fmt: skip
    assert "Nothing new" in desk.call("send").out
    editions = desk.call("editions", "list", "--json").document
    assert [edition["edition"] for edition in editions] == ["2026-W46"]


def test_with_every_feed_failing_it_fails_and_says_why(desk: Desk, web: WebServer) -> None:
    desk.people()
    desk.settings([web.url("/feed"), web.url("/gone")])
    web.pages["/feed"] = Page(status=503)
    failed = desk.send(code=1)
    assert failed["outcome"] == "failed"
    assert len(failed["reasons"]) == 2
    assert "503" in failed["reasons"][0]
    assert "404" in failed["reasons"][1]
    assert web.url("/gone") in desk.call("send").out
    web.pages["/feed"] = atom(WALK)
    assert titles(desk.send()) == [WALK.title]


def test_one_feed_failing_is_a_warning(desk: Desk, web: WebServer) -> None:
    desk.people()
    desk.settings([web.url("/feed"), web.url("/gone")])
    done = desk.call("send", "--json")
    assert done.code == 0
    assert done.document["outcome"] == "sent"
    warning = next(line for line in done.err.splitlines() if line.startswith("Warning: "))
    assert web.url("/gone") in warning
    assert "404" in warning
    assert web.url("/gone") in desk.call("status").out


def test_collect_reports_each_feed(desk: Desk, web: WebServer) -> None:
    desk.settings([web.url("/feed"), web.url("/gone")])
    done = desk.call("collect", "--json")
    assert done.code == 0
    good, bad = done.document["feeds"]
    assert good == {"url": web.url("/feed"), "status": "ok", "http_status": 200, "entries": 2,
                    "new": 2, "updated": 0, "minor": 0, "error": None}  # fmt: skip
    assert (bad["url"], bad["status"], bad["http_status"]) == (web.url("/gone"), "failed", 404)
    assert bad["error"]


def test_each_gets_the_variant_of_the_topics_chosen(desk: Desk, web: WebServer) -> None:
    desk.people("ann@example.org", "bob@example.org,trials", "cid@example.org,living",
                "dot@example.org,trials;living")  # fmt: skip
    desk.send()
    shown = {
        mail.to[:3]: (TRIAL.title in mail.html, WALK.title in mail.html)
        for mail in desk.mails("2026-W46")
    }
    assert shown == {"ann": (True, True), "bob": (True, False), "cid": (False, True),
                     "dot": (True, True)}  # fmt: skip
    assert {mail.to[:3]: TRIAL.title in mail.text for mail in desk.mails("2026-W46")} == {
        who: trial for who, (trial, _) in shown.items()
    }


def test_who_has_nothing_to_read_is_skipped_and_counted(desk: Desk, web: WebServer) -> None:
    web.pages["/feed"] = atom(TRIAL)
    desk.people("ann@example.org", "bob@example.org,trials", "cid@example.org,living")
    sent = desk.send()
    assert sent["recipients"] == NOBODY | {
        "planned": 3, "accepted": 2, "skipped": {"nothing-for-topics": 1}}  # fmt: skip
    assert [mail.to[:3] for mail in desk.mails("2026-W46")] == ["ann", "bob"]
    assert "nothing for topics" in desk.call("status").out


def test_who_left_or_was_erased_gets_nothing(desk: Desk) -> None:
    (desk.folder / ".env").write_text("NEWSLETTER_SECRET_KEY=" + "k" * 43 + "\n")
    desk.people("ann@example.org", "bob@example.org", "cid@example.org")
    assert desk.call("subscribers", "unsubscribe", "bob@example.org").code == 0
    assert desk.call("subscribers", "erase", "cid@example.org", "--yes").code == 0
    sent = desk.send()
    assert sent["recipients"]["accepted"] == 1
    assert [mail.to for mail in desk.mails("2026-W46")] == ["ann@example.org"]


def suppress(desk: Desk, address: str, reason: SuppressionReason) -> None:
    """Bars an address, as a provider's report of a bounce or a complaint will."""
    database = open_database(f"sqlite:///{desk.folder / 'newsletter.db'}")
    with database.begin() as connection:
        suppressions.suppress(connection, address, reason, datetime.now(UTC))
    database.close()


def test_a_suppressed_address_is_skipped_with_its_reason(desk: Desk) -> None:
    """Whether it was suppressed before the edition was frozen, or after."""
    desk.people("ann@example.org", "bob@example.org", "cid@example.org")
    suppress(desk, "bob@example.org", SuppressionReason.HARD_BOUNCE)
    for step in (("collect",), ("preview",), ("editions", "approve", "2026-W46")):
        assert desk.call(*step).code == 0
    suppress(desk, "cid@example.org", SuppressionReason.COMPLAINT)
    sent = desk.send()
    assert sent["recipients"] == NOBODY | {
        "planned": 3, "accepted": 1, "skipped": {"hard_bounce": 1, "complaint": 1}}  # fmt: skip
    assert [mail.to for mail in desk.mails("2026-W46")] == ["ann@example.org"]
    assert "hard bounce" in desk.call("status").out


def test_who_leaves_after_the_freeze_gets_nothing(desk: Desk) -> None:
    """Approval freezes who it goes to; each batch is looked at once more before it goes."""
    (desk.folder / ".env").write_text("NEWSLETTER_SECRET_KEY=" + "k" * 43 + "\n")
    desk.people("ann@example.org", "bob@example.org", "cid@example.org")
    for step in (("collect",), ("preview",), ("editions", "approve", "2026-W46")):
        assert desk.call(*step).code == 0
    desk.call("subscribers", "unsubscribe", "bob@example.org")
    desk.call("subscribers", "erase", "cid@example.org", "--yes")
    desk.call("subscribers", "add", "late@example.org")
    assert desk.send()["outcome"] == "sent"
    assert [mail.to for mail in desk.mails("2026-W46")] == ["ann@example.org"]


def test_a_dry_run_says_what_would_go_and_changes_nothing_to_see(desk: Desk) -> None:
    desk.people()
    before = desk.files()
    shown = desk.send("--dry-run")
    assert shown["outcome"] == "dry-run"
    assert shown["recipients"]["pending"] == shown["recipients"]["planned"] == 3
    assert len(shown["posts"]["new"]) == 2
    assert desk.files() == before
    assert desk.send()["outcome"] == "sent"


def test_a_test_mail_goes_to_one_address_and_leaves_no_trace(desk: Desk) -> None:
    desk.people()
    desk.call("collect")
    desk.call("preview")
    before, files = ledger(desk), desk.files()
    for _ in range(2):
        done = desk.call("send", "--to", "me@example.org", "--json")
        assert done.code == 0, done
    written = sorted(set(desk.files()) - set(files))
    assert len(written) == 2
    assert all(name.startswith("outbox/test/") for name in written)
    assert done.document["file"] in {name.removeprefix("outbox/") for name in written}
    assert ledger(desk) == before
    mail = desk.mails("test")[0]
    assert mail.to == "me@example.org"
    assert desk.send()["outcome"] == "sent"
    real = desk.mails("2026-W46")[0]
    assert mail.subject == real.subject
    assert unlinked(mail.html) == unlinked(real.html)
    assert unlinked(mail.text) == unlinked(real.text)


def unlinked(part: str) -> str:
    """A body without the personal tokens in its links."""
    return re.sub(r"(news\.example\.org/(?:unsubscribe|preferences)/)[\w-]+", r"\1*", part)


def test_a_test_mail_without_news_says_so(desk: Desk) -> None:
    done = desk.call("send", "--to", "me@example.org")
    assert done.code == 0
    assert "Nothing new to send" in done.out
    assert not (desk.folder / "outbox").exists()


def test_two_feeds_of_one_blog_tell_each_post_once(desk: Desk, web: WebServer) -> None:
    desk.people()
    web.pages["/again"] = atom(WALK, TRIAL)
    desk.settings([web.url("/feed"), web.url("/again")])
    assert sorted(titles(desk.send())) == sorted([WALK.title, TRIAL.title])


# ---- the timer -------------------------------------------------------------------------------


def clockwork(
    desk: Desk,
    web: WebServer,
    *,
    late: str = "merge",
    at: str = "01:30",
    others: Sequence[str] = (),
) -> None:
    """Sundays at `at` in London, where the clocks went back on Sunday 25 October 2026."""
    schedule = (
        f'[schedule]\nevery = "week"\non = "sunday"\nat = "{at}"\n'
        f'grace_hours = 48\nlate = "{late}"\n'
    )
    desk.settings([web.url("/feed"), *others], schedule=schedule)
    desk.people()
    web.pages["/feed"] = atom()
    desk.now = "2026-10-05T08:00:00Z"
    desk.call("collect")


def called(desk: Desk, *moments: str) -> list[tuple[str | None, str]]:
    """What each call of the timer came to."""
    came = []
    for desk.now in moments:
        sent = desk.send("--scheduled")
        came.append((sent["edition"], sent["outcome"]))
    return came


def autumn(day: int, number: int) -> Post:
    return Post(number=number, title=f"Post {number}", published=f"2026-10-{day:02d}T09:00:00Z")


def test_the_timer_acts_once_its_time_has_come_in_local_time(desk: Desk, web: WebServer) -> None:
    """01:30 on the day the clocks go back comes twice: the first one counts (00:30 UTC)."""
    clockwork(desk, web)
    web.pages["/feed"] = atom(autumn(20, 10))
    assert called(desk, "2026-10-25T00:29:00Z")[0][1] == "not-due"
    assert not (desk.folder / "outbox").exists()
    assert called(desk, "2026-10-25T00:31:00Z", "2026-10-25T01:31:00Z", "2026-10-26T12:00:00Z") == [
        ("2026-W43", "sent"), ("2026-W43", "already-sent"), ("2026-W43", "already-sent"),
    ]  # fmt: skip
    web.pages["/feed"] = atom(autumn(20, 10), autumn(27, 11))
    assert called(desk, "2026-11-01T01:29:00Z", "2026-11-01T01:31:00Z") == [
        ("2026-W43", "already-sent"), ("2026-W44", "sent"),
    ]  # fmt: skip
    assert len(desk.mails("2026-W43")) == len(desk.mails("2026-W44")) == len(PEOPLE)


def test_a_time_the_clocks_skip_is_not_lost(desk: Desk, web: WebServer) -> None:
    """On 29 March 2026 there was no 01:30 in London: it comes as far after the gap."""
    clockwork(desk, web)
    desk.now = "2026-03-24T09:00:00Z"
    web.pages["/feed"] = atom(Post(number=1, title="Spring", published="2026-03-24T08:00:00Z"))
    desk.call("collect")
    assert called(desk, "2026-03-29T01:29:00Z")[0][1] == "not-due"
    assert called(desk, "2026-03-29T01:31:00Z") == [("2026-W13", "sent")]


def test_a_timer_that_calls_every_hour_sends_once(desk: Desk, web: WebServer) -> None:
    clockwork(desk, web)
    web.pages["/feed"] = atom(autumn(20, 10))
    hours = [f"2026-10-{25 + hour // 24}T{hour % 24:02d}:10:00Z" for hour in range(0, 30, 3)]
    came = [outcome for _, outcome in called(desk, *hours)]
    assert came == ["not-due", "sent"] + ["already-sent"] * 8
    assert len(desk.mails("2026-W43")) == len(PEOPLE)


def test_a_quiet_week_is_settled_and_late_news_waits_for_the_next(
    desk: Desk, web: WebServer
) -> None:
    """Nothing new on Sunday; a post of Monday does not make the timer send on Monday."""
    clockwork(desk, web)
    assert called(desk, "2026-10-25T00:31:00Z", "2026-10-25T01:31:00Z") == [
        (None, "nothing-new"), (None, "not-due"),
    ]  # fmt: skip
    web.pages["/feed"] = atom(autumn(26, 11))
    assert called(desk, "2026-10-26T10:00:00Z", "2026-11-01T01:31:00Z") == [
        (None, "not-due"), ("2026-W44", "sent"),
    ]  # fmt: skip


def test_a_week_is_not_quiet_while_a_feed_cannot_be_read(desk: Desk, web: WebServer) -> None:
    """Of two feeds one is down at the time; an hour later it answers, with news."""
    clockwork(desk, web, others=[web.url("/other")])
    web.pages["/other"] = Page(status=503)
    assert called(desk, "2026-10-25T00:31:00Z") == [(None, "nothing-new")]
    web.pages["/other"] = atom(autumn(20, 11))
    assert called(desk, "2026-10-25T01:31:00Z") == [("2026-W43", "sent")]


def test_a_run_missed_but_found_in_time_is_sent(desk: Desk, web: WebServer) -> None:
    clockwork(desk, web)
    web.pages["/feed"] = atom(autumn(20, 10))
    assert called(desk, "2026-10-27T00:20:00Z") == [("2026-W43", "sent")]


def test_a_run_missed_for_too_long_goes_into_the_next(desk: Desk, web: WebServer) -> None:
    clockwork(desk, web)
    web.pages["/feed"] = atom(autumn(20, 10))
    missed = called(desk, "2026-10-27T00:40:00Z", "2026-10-31T12:00:00Z")
    assert [outcome for _, outcome in missed] == ["not-due", "not-due"]
    web.pages["/feed"] = atom(autumn(20, 10), autumn(29, 11))
    desk.now = "2026-11-01T02:00:00Z"
    sent = desk.send("--scheduled")
    assert (sent["edition"], sent["outcome"]) == ("2026-W44", "sent")
    assert titles(sent) == ["Post 11", "Post 10"]


def test_or_is_left_out_where_the_settings_say_skip(desk: Desk, web: WebServer) -> None:
    clockwork(desk, web, late="skip")
    web.pages["/feed"] = atom(autumn(20, 10))
    for desk.now in ("2026-10-27T00:40:00Z", "2026-10-28T00:40:00Z"):
        assert desk.send("--scheduled")["outcome"] in ("not-due", "cancelled")
    web.pages["/feed"] = atom(autumn(20, 10), autumn(29, 11))
    desk.now = "2026-11-01T02:00:00Z"
    sent = desk.send("--scheduled")
    assert (sent["edition"], titles(sent)) == ("2026-W44", ["Post 11"])


def test_an_edition_sent_by_hand_settles_its_period(desk: Desk, web: WebServer) -> None:
    clockwork(desk, web)
    web.pages["/feed"] = atom(autumn(20, 10))
    desk.now = "2026-10-22T10:00:00Z"
    assert desk.send()["edition"] == "2026-W43"
    web.pages["/feed"] = atom(autumn(20, 10), autumn(23, 11))
    assert called(desk, "2026-10-25T00:31:00Z") == [("2026-W43", "already-sent")]
    desk.now = "2026-11-01T02:00:00Z"
    assert titles(desk.send("--scheduled")) == ["Post 11"]


# ---- status and posts ------------------------------------------------------------------------


def test_status_shows_what_there_is_and_what_waits(desk: Desk, web: WebServer) -> None:
    empty = desk.call("status", "--json").document
    assert empty["subscribers"] == 0
    assert len(empty["waiting"]) == 2
    desk.people()
    desk.send()
    seen = desk.call("status", "--json").document
    assert (seen["channel"], seen["transport"], seen["period"]) == (
        "rehearsal", "outbox", "2026-W46")  # fmt: skip
    assert seen["next"] == {"edition": "2026-W47", "scheduled_at": "2026-11-16T07:30:00Z"}
    assert [feed["status"] for feed in seen["feeds"]] == ["ok"]
    assert [(e["edition"], e["state"]) for e in seen["editions"]] == [("2026-W46", "sent")]
    assert seen["waiting"] == []
    web.pages["/feed"] = Page(status=503)
    for _ in range(2):
        desk.call("collect")
    said = desk.call("status").out
    assert "2 times in a row" in said
    assert "503" in said


def test_posts_are_listed_newest_first_and_shown(desk: Desk, web: WebServer) -> None:
    desk.call("collect")
    web.pages["/feed"] = atom(LATER, WALK, TRIAL)
    desk.now = WEEK_2
    desk.call("collect")
    listed = desk.call("posts", "list", "--json").document
    assert listed[0]["title"] == LATER.title
    assert set(listed[0]) == {"id", "title", "url", "published", "updated", "first_seen",
                              "categories", "revisions", "last_change"}  # fmt: skip
    assert listed[0]["published"] == "2026-11-12T09:00:00Z"
    assert listed[0]["categories"] == ["News"]
    assert listed[0]["first_seen"].startswith(WEEK_2[:16])
    assert (listed[0]["revisions"], listed[0]["last_change"]) == (1, "none")
    assert desk.call("posts", "list", "--limit", "1", "--json").document == listed[:1]
    number = str(listed[0]["id"])
    shown = desk.call("posts", "show", number, "--json").document
    assert shown["revisions"][0]["text"] == LATER.text
    said = desk.call("posts", "show", number).out
    assert LATER.title in said
    assert LATER.text in said
    assert WEEK_1[:10] not in said
    assert desk.call("posts", "show", listed[0]["url"]).out == said


def test_a_change_without_a_summary_is_shown_by_its_weight(desk: Desk, web: WebServer) -> None:
    desk.call("collect")
    web.pages["/feed"] = atom(replace(WALK, text=f"{WALK.text} Teh end."), TRIAL)
    desk.now = WEEK_2
    desk.call("collect")
    number = next(
        post["id"] for post in desk.call("posts", "list", "--json").document
        if post["title"] == WALK.title
    )  # fmt: skip
    lines = desk.call("posts", "show", str(number)).out.split("\n")
    assert [line.split("  ")[-1] for line in lines if WEEK_2[:10] in line] == ["minor"]


def test_without_a_server_links_are_mails_and_there_is_no_page_to_view(
    desk: Desk, web: WebServer
) -> None:
    """SendGrid would keep the page for unsubscribing and add the headers itself."""
    desk.people()
    serverless = '[delivery]\nunsubscribe = "sendgrid"\n'
    desk.settings([web.url("/feed")], more=serverless)
    file = desk.folder / "newsletter.toml"
    text = re.sub(r"(?m)^public_url.*\n", "", file.read_text("utf-8"))
    file.write_text(text, encoding="utf-8")
    assert desk.send()["outcome"] == "sent"
    for mail in desk.mails("2026-W46"):
        assert "List-Unsubscribe" not in mail.headers
        assert "List-Unsubscribe-Post" not in mail.headers
        for part in (mail.html, mail.text):
            assert "mailto:" in part
            assert "subject=Unsubscribe" in part
            assert "View in browser" not in part
            assert "-nl-" not in part
