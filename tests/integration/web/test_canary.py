"""`doctor --unsubscribe`: it sees what a reader cannot see, that nothing has changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from newsletter.delivery.one_click import OneClick
from newsletter.errors import TransportError
from newsletter.pipeline.canary import Checked, check_before_send, check_unsubscribing
from newsletter.pipeline.context import Context
from newsletter.store import unsubscribe_checks
from newsletter.store.engine import Database
from subscribers import canary, leaving
from subscribers.model import Filter, Method
from subscribers.store import people
from subscribers.store.tables import consent, person
from tests.acceptance.runner import Desk
from tests.webapp import SETTINGS, Served, served
from tests.webserver import self_signed, serving

PAGES = "https://news.example.org"


@contextmanager
def pages(folder: Path, database: Database) -> Iterator[Served]:
    """Pages on this database."""
    url = database.engine.url.render_as_string(hide_password=False)
    with served(folder, database_url=url) as site:
        yield site


class Pressing:
    """A `Press` that asks a server, wherever public_url leads to; `spoil` may change an answer."""

    def __init__(self, site: Served | None, **spoil: int) -> None:
        self.site, self.spoil = site, spoil
        self.seen: list[tuple[str, str]] = []

    def __call__(self, way: str, url: str) -> int:
        self.seen.append((way, url))
        assert self.site is not None
        real = OneClick(proxy=None, agent="test")
        status = real(way, url.replace(PAGES, self.site.origin))
        return self.spoil.get(way, status)


def context_of(site: Served) -> Context:
    """A real send's, of this server's settings."""
    made = site.wiring.context(tell=lambda _: None, progress=lambda _: None)
    delivery = made.settings.delivery.model_copy(update={"transport": "sendgrid"})
    return replace(made, settings=made.settings.model_copy(update={"delivery": delivery}))


def rows(database: Database) -> tuple[int, int]:
    with database.read() as connection:
        count = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (person, consent)
        ]
    return count[0], count[1]


def last(database: Database) -> unsubscribe_checks.LastCheck:
    with database.read() as connection:
        found = unsubscribe_checks.last(connection, PAGES)
    assert found is not None
    return found


def test_a_good_server_passes_and_nobody_is_left_behind(database: Database, tmp_path: Path) -> None:
    """Looked at once, pressed with both kinds of body; it is noted when."""
    with pages(tmp_path, database) as site:
        context, press = context_of(site), Pressing(site)
        assert check_unsubscribing(context, press) == Checked()
    assert [way for way, _ in press.seen] == ["look", "press", "press-multipart"]
    assert rows(database) == (0, 0)
    found = last(database)
    assert (found.passed, found.found, found.passed_at) == (True, "", found.checked_at)


def test_two_databases_are_found_though_every_page_says_yes(
    database: Database, tmp_path: Path
) -> None:
    """The web application works on another database than the one that editions are sent from."""
    with pages(tmp_path / "here", database) as here, served(tmp_path / "elsewhere") as elsewhere:
        checked = check_unsubscribing(context_of(here), Pressing(elsewhere))
        assert "nothing changed in this database" in checked.found
        assert "[store] url" in checked.mend
    assert not last(database).passed
    assert rows(database) == (0, 0)


@pytest.mark.parametrize(
    ("way", "status", "said"),
    [
        ("look", 404, "answered with 404"),
        ("look", 302, "answered with 302"),
        ("press", 301, "answered with 301"),
        ("press", 403, "answered with 403"),
        ("press-multipart", 415, "answered with 415"),
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_what_mail_programs_could_not_use_is_found(
    database: Database, tmp_path: Path, way: str, status: int, said: str
) -> None:
    with pages(tmp_path, database) as site:
        checked = check_unsubscribing(context_of(site), Pressing(site, **{way: status}))
    assert said in checked.found
    assert checked.mend
    assert ("follow no redirect" in checked.mend) is (300 <= status < 400)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_page_that_unsubscribes_who_only_looks_is_found(
    database: Database, tmp_path: Path
) -> None:
    def scanned(way: str, url: str) -> int:
        with database.begin() as connection:
            token = url.rpartition("/")[2]
            leaving.leave(connection, token, now=context.now(), method=Method.ONE_CLICK)
        return 200

    with pages(tmp_path, database) as site:
        context = context_of(site)
        assert "Looking at a link" in check_unsubscribing(context, scanned).found
    assert rows(database) == (0, 0)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_nobody_there_is_said_and_does_not_count_as_wrong(
    database: Database, tmp_path: Path
) -> None:
    real = OneClick(proxy=None, agent="test")
    with pages(tmp_path, database) as site:
        context = context_of(site)
        check_unsubscribing(context, Pressing(site))
        good = last(database)
        away = check_unsubscribing(context, lambda way, _: real(way, "http://127.0.0.1:9/x"))
    assert away.unreachable
    assert "127.0.0.1:9 cannot be reached" in away.found
    found = last(database)
    assert (found.passed, found.unreachable, found.passed_at) == (False, True, good.passed_at)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_certificate_that_nobody_accepts_counts_as_wrong(
    database: Database, tmp_path: Path
) -> None:
    """Mail programs look at it as well: that it worked last week says nothing any more."""
    real = OneClick(proxy=None, agent="test")
    tls, _ = self_signed(tmp_path)
    with pages(tmp_path / "site", database) as site, serving(tls) as unknown:
        context = context_of(site)
        check_unsubscribing(context, Pressing(site))
        checked = check_unsubscribing(context, lambda way, _: real(way, unknown.url("/x")))
        plain = site.origin.replace("http:", "https:")
        other = check_unsubscribing(context, lambda way, _: real(way, plain))
    assert "certificate of 127.0.0.1" in checked.found
    assert "self-signed" in checked.found
    assert "renew" in checked.mend
    assert not checked.unreachable
    assert other.unreachable
    assert "cannot be reached by https" in other.found
    for each in (checked, other):
        assert "_ssl.c" not in each.found
        assert "newsletter serve" not in each.mend


def test_the_canary_is_nobody(database: Database, tmp_path: Path) -> None:
    """Neither counted nor listed nor mailed, and one that was left behind goes."""
    del tmp_path
    now = datetime.fromisoformat("2026-11-16T08:00:00Z")
    with database.begin() as connection:
        token = canary.place(connection, now=now)
        assert people.count(connection, Filter()) == people.active_count(connection) == 0
        assert people.page(connection, Filter(), after=0, limit=10) == []
        assert list(people.stream(connection, Filter())) == []
        canary.place(connection, now=now + timedelta(minutes=5))
        assert people.by_token(connection, token) is not None
        canary.place(connection, now=now + timedelta(hours=2))
        assert people.by_token(connection, token) is None
    assert rows(database)[0] == 1


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_send_looks_by_itself_once_a_day(database: Database, tmp_path: Path) -> None:
    """Only for a real send, and only on pages of our own."""
    with pages(tmp_path, database) as site:
        press = Pressing(site)
        context = replace(context_of(site), press=press)
        check_before_send(context)
        assert len(press.seen) == 3
        check_before_send(context)
        assert len(press.seen) == 3
        tomorrow = context.now() + timedelta(days=1, minutes=1)
        check_before_send(replace(context, now=lambda: tomorrow))
        assert len(press.seen) == 6
        later = context.now() + timedelta(days=9)
        check_before_send(replace(context, now=lambda: later, press=None))
        rehearsal = site.wiring.context(tell=lambda _: None, progress=lambda _: None)
        check_before_send(replace(rehearsal, now=lambda: later, press=press))
        assert len(press.seen) == 6


def test_a_mail_server_that_is_no_web_server_is_no_answer() -> None:
    """What does not speak HTTP, or nothing at all."""
    with pytest.raises(TransportError, match="cannot be reached"):
        OneClick(proxy=None, agent="test")("press", "http://127.0.0.1:9/unsubscribe/x")


def desk_with_pages(folder: Path, site: Served, database: Database) -> Desk:
    desk = Desk(folder)
    desk.now = ""
    url = database.engine.url.render_as_string(hide_password=False)
    text = SETTINGS.replace(PAGES, site.origin) + f'[store]\nurl = "{url}"\n'
    (folder / "newsletter.toml").write_text(text, encoding="utf-8")
    return desk


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_command_says_how_it_was(database: Database, tmp_path: Path) -> None:
    with pages(tmp_path / "site", database) as site:
        desk = desk_with_pages(tmp_path, site, database)
        done = desk.call("doctor", "--unsubscribe", "--json")
        (check,) = done.document["checks"]
        assert (done.code, check["verdict"]) == (0, "ok")
        said: Any = desk.call("doctor", "--unsubscribe").out
        assert "Readers can unsubscribe at http://127.0.0.1" in said
    gone = desk.call("doctor", "--unsubscribe")
    assert gone.code == 1
    assert "newsletter serve" in gone.out
    text = (tmp_path / "newsletter.toml").read_text(encoding="utf-8")
    theirs = text + '[delivery]\nunsubscribe = "sendgrid"\n'
    (tmp_path / "newsletter.toml").write_text(theirs, encoding="utf-8")
    assert desk.call("doctor", "--unsubscribe").code == 2
