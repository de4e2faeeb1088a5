"""`newsletter doctor` as its user meets it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from newsletter.standin.rules import KEY, SCOPES, Rules
from newsletter.standin.server import StandIn, serve
from newsletter.store.engine import open_database
from newsletter.store.lock import run_lock
from tests.acceptance.runner import Desk, Done, Post, atom
from tests.nameserver import NameServer, Zone, answering
from tests.webserver import Page, WebServer

DATA = Path(__file__).parents[1] / "data" / "received"
SECRET = "7e" * 32
START = 1_795_000_000.0
WALK = Post(number=2, title="A walk in autumn")
RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>A Slow Kind of Luck</title>
<link>https://blog.example.org/</link><description>x</description><item>
<title>A walk in autumn</title><link>https://blog.example.org/a-walk-in-autumn/</link>
<guid isPermaLink="false">https://blog.example.org/?p=2</guid>
<pubDate>Fri, 06 Nov 2026 09:00:00 +0000</pubDate></item></channel></rss>"""
ZONE: Zone = {
    "clinic.health": {
        "TXT": ('"v=spf1 include:sendgrid.net ~all"',),
        "MX": ("10 mail.clinic.health.",),
    },
    "sendgrid.net": {"TXT": ('"v=spf1 ip4:192.0.2.0/24 -all"',)},
    "_dmarc.clinic.health": {"TXT": ('"v=DMARC1; p=none"',)},
    "s1._domainkey.clinic.health": {"CNAME": ("s1.domainkey.u1.sendgrid.net.",)},
    "s2._domainkey.clinic.health": {"CNAME": ("s2.domainkey.u1.sendgrid.net.",)},
    "s1.domainkey.u1.sendgrid.net": {"TXT": ('"p=MIGf"',)},
    "s2.domainkey.u1.sendgrid.net": {"TXT": ('"p=MIGf"',)},
}


@pytest.fixture
def desk(tmp_path: Path, web: WebServer) -> Desk:
    """A blog with a post, settings, a secret key, and three people on the list."""
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed/")])
    (tmp_path / ".env").write_text(f"NEWSLETTER_SECRET_KEY={SECRET}\n", encoding="utf-8")
    (tmp_path / ".env").chmod(0o600)
    web.pages["/feed/"] = atom(WALK)
    desk.people()
    return desk


@pytest.fixture
def names() -> Iterator[NameServer]:
    with answering(ZONE) as running:
        yield running


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[StandIn]:
    with serve(tmp_path / "records", Rules(credits=100), lambda: START) as running:
        yield running


def doctor(
    desk: Desk, *arguments: str, **variables: str
) -> tuple[Done, list[tuple[str, str, str]]]:
    """How it ended, and each check with its verdict and what was found and is to be done."""
    done = desk.call("doctor", "--json", *arguments, **variables)
    rows = [
        (c["check"], c["verdict"], f"{c['found']} {c['mend'] or ''}")
        for c in done.document["checks"]
    ]
    assert done.code == (1 if any(row[1] == "problem" for row in rows) else 0)
    assert SECRET not in done.said
    return done, rows


def verdicts(rows: list[tuple[str, str, str]], check: str) -> set[str]:
    return {verdict for name, verdict, _ in rows if name == check}


def said(rows: list[tuple[str, str, str]], check: str, verdict: str) -> str:
    """What a check says with this verdict; it has to say something."""
    found = " ".join(text for name, v, text in rows if (name, v) == (check, verdict))
    assert found, rows
    return found


def real(standin: StandIn, names: NameServer, **more: str) -> dict[str, Any]:
    """Variables for a real send by the stand-in from a domain that the name server knows."""
    return {
        "NEWSLETTER_DELIVERY__TRANSPORT": "sendgrid",
        "NEWSLETTER_DELIVERY__SENDGRID__BASE_URL": standin.url,
        "NEWSLETTER_NEWSLETTER__SENDER": "Morgan <news@clinic.health>",
        "NEWSLETTER_NEWSLETTER__REPLY_TO": "morgan@clinic.health",
        "SENDGRID_API_KEY": KEY,
        **more,
    }


def test_a_rehearsal_in_order_has_no_problem(desk: Desk) -> None:
    done, rows = doctor(desk)
    assert done.code == 0
    assert {row[0] for row in rows} == {
        "settings", "secrets", "database", "disk", "lock", "outbox", "feed", "clock", "templates",
        "schedule", "domain",
    }  # fmt: skip
    assert [row for row in rows if row[1] != "ok"] == [
        ("clock", "warning", "NEWSLETTER_NOW sets the calendar; this is for rehearsals only. ")
    ]
    assert "3 active subscribers" in said(rows, "database", "ok")
    assert "1 post, the newest of 06 November 2026" in said(rows, "feed", "ok")
    assert "2026-W47, is due on Monday 16 November 2026, 07:30" in said(rows, "schedule", "ok")
    assert done.document["counts"]["warning"] == 1


def test_a_person_reads_lines_and_the_sum(desk: Desk) -> None:
    done = desk.call("doctor", NEWSLETTER_SECRET_KEY="short")
    lines = done.out.splitlines()
    assert any(line.startswith("ok       database") for line in lines)
    place = next(n for n, line in enumerate(lines) if line.startswith("warning  secrets"))
    assert lines[place + 1].strip().startswith("-> Set NEWSLETTER_SECRET_KEY")
    assert lines[-1] == "No problems, 2 warnings."
    assert "Looking at the database" in done.err


def test_looking_changes_nothing(desk: Desk, web: WebServer) -> None:
    """No mail is written, no post and no fetch is noted: the next run sees the feed as new."""
    before = desk.files()
    doctor(desk)
    assert desk.files() == before
    assert "if-none-match" not in web.requests[-1].headers
    statuses = [desk.call("collect", "--json").document["feeds"][0]["status"] for _ in "12"]
    assert statuses == ["ok", "unchanged"]


def test_without_a_database_nothing_is_made(tmp_path: Path, web: WebServer) -> None:
    desk = Desk(tmp_path)
    desk.settings([web.url("/feed/")])
    _, rows = doctor(desk)
    assert "There is no newsletter.db yet" in said(rows, "database", "ok")
    assert [path.name for path in tmp_path.iterdir()] == ["newsletter.toml"]


def test_a_feed_that_fails_hides_no_other_check(desk: Desk, web: WebServer) -> None:
    web.pages["/feed/"] = Page(status=404)
    done, rows = doctor(desk)
    assert done.code == 1
    assert "404" in said(rows, "feed", "problem")
    assert verdicts(rows, "schedule") == verdicts(rows, "templates") == {"ok"}


def test_an_rss_feed_with_an_atom_sibling_is_told_of_it(desk: Desk, web: WebServer) -> None:
    web.pages["/feed/"] = Page(body=RSS)
    _, alone = doctor(desk)
    assert verdicts(alone, "feed") == {"ok"}
    assert "does not say when a post was updated" in said(alone, "feed", "ok")
    web.pages["/feed/atom/"] = atom(WALK)
    _, rows = doctor(desk)
    assert f"set the feed's url to {web.url('/feed/atom/')}" in said(rows, "feed", "warning")


def test_a_feed_that_shows_less_than_a_week_may_lose_posts(desk: Desk, web: WebServer) -> None:
    web.pages["/feed/"] = atom(*(Post(number=n, title=f"Post {n}") for n in range(5)))
    _, rows = doctor(desk)
    assert "come and go unseen" in said(rows, "feed", "warning")


@pytest.mark.parametrize(
    ("ahead", "verdict", "words"),
    [(-300, "problem", "seconds ahead of"), (300, "problem", "seconds behind"), (5, "ok", "agree")],
)
def test_the_clock_is_compared_with_the_blogs(
    desk: Desk, web: WebServer, ahead: int, verdict: str, words: str
) -> None:
    """By the Date of the feed's answer; `ahead`: how far the blog's clock is."""
    desk.now = ""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)
    page = atom(WALK)
    web.pages["/feed/"] = Page(body=page.body, headers={**page.headers, "Date": date})
    _, rows = doctor(desk)
    assert verdicts(rows, "clock") == {verdict}
    assert words in said(rows, "clock", verdict)


def test_an_answer_from_a_cache_is_as_old_as_it_says(desk: Desk, web: WebServer) -> None:
    desk.now = ""
    date = format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)
    headers = {"Date": date, "Age": "3600"}
    web.pages["/feed/"] = Page(body=atom(WALK).body, headers=headers)
    assert verdicts(doctor(desk)[1], "clock") == {"ok"}


@pytest.mark.skipif(os.name != "posix", reason="there are no file modes here")
def test_files_that_others_may_read_are_problems(desk: Desk) -> None:
    (desk.folder / ".env").chmod(0o644)
    (desk.folder / "newsletter.db").chmod(0o660)
    _, rows = doctor(desk)
    assert "chmod 600" in said(rows, "secrets", "problem")
    assert "newsletter.db can be read by others" in said(rows, "database", "problem")


def test_a_key_that_somebody_was_erased_under_is_missed(desk: Desk) -> None:
    """The pages answer as ever, and no mail to confirm ever goes."""
    one, other = ("a-key-of-the-tests-that-is-long-enough" + end for end in ("-1", "-2"))
    desk.call("subscribers", "add", "anna@example.org", NEWSLETTER_SECRET_KEY=one)
    desk.call("subscribers", "erase", "anna@example.org", "--yes", NEWSLETTER_SECRET_KEY=one)
    _, rows = doctor(desk, NEWSLETTER_SECRET_KEY=f"{other},{one}")
    assert verdicts(rows, "secrets") == {"ok"}
    _, rows = doctor(desk, NEWSLETTER_SECRET_KEY=other)
    assert "erased under a secret key that is not set" in said(rows, "secrets", "problem")


def test_a_template_of_ones_own_that_is_broken_is_named(desk: Desk) -> None:
    own = desk.folder / "templates" / "digest"
    own.mkdir(parents=True)
    (own / "footer.txt.j2").write_text("{{ page.nothing }}", encoding="utf-8")
    (own / "fotter.txt.j2").write_text("x", encoding="utf-8")
    _, rows = doctor(desk)
    assert "footer.txt.j2, line 1" in said(rows, "templates", "problem")
    assert "templates/digest/footer.txt.j2 is used" in said(rows, "templates", "ok")
    assert "fotter.txt.j2 replaces none" in said(rows, "templates", "warning")


def test_a_template_that_loses_the_unsubscribe_link_is_a_problem(desk: Desk) -> None:
    own = desk.folder / "templates" / "digest"
    own.mkdir(parents=True)
    (own / "digest.txt.j2").write_text("Only words.", encoding="utf-8")
    assert "no link to unsubscribe" in said(doctor(desk)[1], "templates", "problem")


def test_a_run_at_work_is_said(desk: Desk) -> None:
    database = open_database(f"sqlite:///{desk.folder / 'newsletter.db'}")
    with run_lock(database):
        _, rows = doctor(desk)
    database.close()
    assert verdicts(rows, "lock") == {"warning"}


def test_a_file_that_is_no_database_is_a_problem(desk: Desk) -> None:
    for extra in ("-wal", "-shm"):
        (desk.folder / f"newsletter.db{extra}").unlink(missing_ok=True)
    (desk.folder / "newsletter.db").write_bytes(b"Not a database. " * 500)
    _, rows = doctor(desk)
    assert "not a SQLite database" in said(rows, "database", "problem")
    for other in ("lock", "schedule", "templates"):
        assert "problem" not in verdicts(rows, other)


def test_each_kind_of_database_is_looked_at(desk: Desk, migrated_url: str) -> None:
    _, rows = doctor(desk, NEWSLETTER_STORE__URL=migrated_url)
    assert "0 active subscribers" in said(rows, "database", "ok")
    assert verdicts(rows, "lock") == {"ok"}


def test_a_server_that_is_not_there_is_a_problem_without_its_password(desk: Desk) -> None:
    url = "postgresql://anna:geheim@127.0.0.1:1/none"
    done, rows = doctor(desk, NEWSLETTER_STORE__URL=url)
    assert verdicts(rows, "database") == {"problem"}
    assert "geheim" not in done.said


def test_an_outbox_that_is_in_the_way_is_a_problem(desk: Desk) -> None:
    (desk.folder / "outbox").write_text("a file", encoding="utf-8")
    assert "cannot be written" in said(doctor(desk)[1], "outbox", "problem")


def test_a_real_set_up_in_order(desk: Desk, standin: StandIn, names: NameServer) -> None:
    _, rows = doctor(desk, "--nameserver", names.address, **real(standin, names))
    assert [row for row in rows if row[1] == "problem"] == []
    assert "100 of 100 mails are left, for 3 active subscribers" in said(rows, "sendgrid", "ok")
    for check in ("SPF", "DKIM", "DMARC", "MX"):
        assert verdicts(rows, check) == {"ok"}, rows
    assert "outbox" not in {row[0] for row in rows}


def test_what_a_real_send_needs_is_a_problem_without(
    desk: Desk, standin: StandIn, names: NameServer
) -> None:
    """And only a warning in a rehearsal."""
    missing = {
        "NEWSLETTER_SECRET_KEY": "too-short",
        "NEWSLETTER_NEWSLETTER__PUBLIC_URL": "http://127.0.0.1:8000",
    }
    toml = desk.folder / "newsletter.toml"
    text = toml.read_text(encoding="utf-8")
    address = next(line for line in text.splitlines() if line.startswith("postal_address"))
    toml.write_text(text.replace(address, 'postal_address = ""'), encoding="utf-8")
    _, rehearsed = doctor(desk, **missing)
    assert {row[1] for row in rehearsed} == {"ok", "warning"}
    variables = real(standin, names, **missing)
    _, rows = doctor(desk, "--nameserver", names.address, **variables)
    assert "postal address" in said(rows, "settings", "problem")
    assert "public_url (http://127.0.0.1:8000)" in said(rows, "settings", "problem")
    assert verdicts(rows, "secrets") == {"problem"}


def test_a_missing_record_is_spelled_out(desk: Desk, standin: StandIn, names: NameServer) -> None:
    del names.zone["_dmarc.clinic.health"]
    del names.zone["s2._domainkey.clinic.health"]
    _, rows = doctor(desk, "--nameserver", names.address, **real(standin, names))
    record = '_dmarc.clinic.health. TXT "v=DMARC1; p=none; rua=mailto:morgan@clinic.health"'
    assert record in said(rows, "DMARC", "problem")
    assert "s2._domainkey.clinic.health. CNAME" in said(rows, "DKIM", "problem")


def test_where_no_name_server_answers_it_is_only_a_warning(desk: Desk, names: NameServer) -> None:
    names.broken = True
    sender = {"NEWSLETTER_NEWSLETTER__SENDER": "news@clinic.health"}
    done, rows = doctor(desk, "--nameserver", names.address, **sender)
    assert done.code == 0
    assert "could not be asked" in said(rows, "SPF", "warning")


def test_a_selector_can_be_named(desk: Desk, names: NameServer) -> None:
    names.zone["mail._domainkey.clinic.health"] = {"TXT": ('"v=DKIM1; p=MIGf"',)}
    sender = {"NEWSLETTER_NEWSLETTER__SENDER": "news@clinic.health"}
    arguments = ("--nameserver", names.address, "--dkim-selector", "mail")
    _, rows = doctor(desk, *arguments, **sender)
    assert "mail._domainkey.clinic.health: the key is there" in said(rows, "DKIM", "ok")


@pytest.mark.parametrize(
    ("key", "words"), [("", "is not set"), ("SG.wrong", "does not accept the key")]
)
def test_a_key_that_is_missing_or_wrong(
    desk: Desk, standin: StandIn, names: NameServer, key: str, words: str
) -> None:
    variables = real(standin, names, SENDGRID_API_KEY=key)
    done, rows = doctor(desk, "--nameserver", names.address, **variables)
    assert words in said(rows, "sendgrid", "problem")
    assert "SG.wrong" not in done.said


def test_a_key_that_may_do_too_little_and_credits_that_are_too_few(
    tmp_path: Path, desk: Desk, names: NameServer
) -> None:
    scopes = tuple(s for s in SCOPES if s not in ("mail.send", "user.scheduled_sends.create"))
    rules = Rules(credits=2, scopes=scopes)
    with serve(tmp_path / "poor", rules, lambda: START) as poor:
        _, rows = doctor(desk, "--nameserver", names.address, **real(poor, names))
    found = said(rows, "sendgrid", "problem")
    assert "mail.send is missing" in found
    assert "the key lacks user.scheduled_sends.create" in found
    assert "2 of 2 mails are left, but there are 3 active subscribers" in found


def test_nothing_is_ever_mailed(desk: Desk, standin: StandIn, names: NameServer) -> None:
    doctor(desk, "--nameserver", names.address, **real(standin, names))
    assert standin.service.summary()["accepted"] == 0


def test_settings_that_cannot_be_used_end_with_2(desk: Desk) -> None:
    (desk.folder / "newsletter.toml").write_text("[newsletter]\n", encoding="utf-8")
    done = desk.call("doctor", "--json")
    assert done.code == 2
    assert done.document["error"]["code"] == "settings"


def test_a_name_server_that_is_none_ends_with_2(desk: Desk) -> None:
    assert desk.call("doctor", "--nameserver", "nowhere").code == 2


def test_a_mail_is_looked_into(desk: Desk) -> None:
    _, rows = doctor(desk, "--message", str(DATA / "rewritten.eml"))
    assert verdicts(rows, "pixel") == {"problem"}
    assert {row[0] for row in rows}.isdisjoint({"database", "feed"})


def test_a_mail_is_looked_into_without_settings(tmp_path: Path) -> None:
    done, rows = doctor(Desk(tmp_path), "--message", str(DATA / "as-sent.eml"))
    assert done.code == 0
    assert [row[0] for row in rows if row[1] != "ok"] == ["footer"]


def test_a_digest_of_ours_has_nothing_foreign_in_it(desk: Desk) -> None:
    """As it lies in the outbox: no pixel, no rewritten link, no footer, though not yet signed."""
    desk.send()
    (mail, *_) = (desk.folder / "outbox" / "2026-W46").glob("*.eml")
    _, rows = doctor(desk, "--message", str(mail))
    wrong = {row[0] for row in rows if row[1] != "ok"}
    assert wrong == {"DKIM", "SPF", "DMARC"}


@pytest.mark.parametrize("content", [None, b"", b"no mail", b"\xff\x00"])
def test_a_file_that_is_no_mail_ends_with_2(desk: Desk, content: bytes | None) -> None:
    if content is not None:
        (desk.folder / "x.eml").write_bytes(content)
    done = desk.call("doctor", "--message", "x.eml")
    assert done.code == 2
    assert "x.eml" in done.said or "no mail" in done.said
