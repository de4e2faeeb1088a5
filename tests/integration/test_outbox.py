"""The outbox: whole messages, as files that only their owner may read."""

from __future__ import annotations

import email
import email.policy
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.delivery.answers import Stopped, Taken
from newsletter.delivery.links import links_for
from newsletter.delivery.message import Envelope
from newsletter.delivery.transports.contract import Mail
from newsletter.delivery.transports.outbox import Outbox
from newsletter.demo.server import serve_demo_blog
from newsletter.errors import TransportError
from newsletter.model.delivery import Recipient, Recipients
from newsletter.model.edition import Form, Rendered, Tags
from newsletter.model.personal import fill_html, fill_text
from newsletter.store import outcomes
from newsletter.store.engine import Database
from newsletter.store.schema import upgrade
from tests.acceptance.newsroom import Newsroom, faults, opened, take_in

NOW = datetime(2026, 11, 16, 8, 30, tzinfo=UTC)
NONCE = "0123abcd"
TAGS = Tags.of(NONCE)
ALL = Rendered(
    key="all",
    form=Form.NORMAL,
    subject="A trial has news",
    mjml="",
    html=f'<p>Größe</p><a href="{TAGS.unsubscribe_html}">Leave</a>\n',
    text=f"Größe\n{TAGS.unsubscribe_text}\n",
    checksum="",
)
MAIL = Mail(
    edition_key="2026-W47",
    envelope=Envelope(
        sender_name="Morgan Hale",
        sender_address="news@example.org",
        reply_to="",
        title="Luck",
        language="en",
    ),
    rendered=ALL,
    tags=TAGS,
    nonce=NONCE,
    public_url="https://news.example.org",
)

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such file modes")


def recipient(number: int) -> Recipient:
    return Recipient(
        delivery_id=f"id{number}",
        subscriber_id=number,
        address=f"reader{number}@example.org",
        name="",
        token=f"token{number}",
    )


class Pages:
    """Notes what it was asked to write, and writes a page."""

    def __init__(self) -> None:
        self.asked: list[tuple[Path, str, Rendered]] = []

    def __call__(self, folder: Path, edition_key: str, rendered: Rendered) -> None:
        self.asked.append((folder, edition_key, rendered))
        (folder / "index.html").write_text("<p>Pages</p>")


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "deep" / "outbox", Pages())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "outbox" / "2026-W47"


def test_each_recipient_gets_a_file_with_a_whole_message(outbox: Outbox, folder: Path) -> None:
    assert outbox.submit(MAIL, [recipient(1), recipient(2)], date=NOW) == Taken()
    assert sorted(path.name for path in folder.iterdir()) == ["id1.eml", "id2.eml"]
    raw = (folder / "id2.eml").read_bytes()
    message = email.message_from_bytes(raw, policy=email.policy.default)
    links = links_for("https://news.example.org", "2026-W47", "token2")
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n") == fill_text(ALL.text, TAGS, links)
    assert html.get_content().replace("\r\n", "\n") == fill_html(ALL.html, TAGS, links)
    assert message["To"] == "reader2@example.org"
    assert message["Date"].datetime == NOW


@posix
def test_only_the_owner_may_look_into_the_outbox(outbox: Outbox, folder: Path) -> None:
    """Whatever the account's umask: who is on the list is health information."""
    before = os.umask(0)
    try:
        outbox.submit(MAIL, [recipient(1)], date=NOW)
    finally:
        os.umask(before)
    assert stat.S_IMODE((folder / "id1.eml").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700


def test_submitting_again_writes_the_same_files_again(outbox: Outbox, folder: Path) -> None:
    """So a batch whose end nobody saw may be repeated."""
    outbox.submit(MAIL, [recipient(1)], date=NOW)
    first = (folder / "id1.eml").read_bytes()
    assert outbox.repeatable
    outbox.submit(MAIL, [recipient(1)], date=NOW)
    assert [path.name for path in folder.iterdir()] == ["id1.eml"]
    assert (folder / "id1.eml").read_bytes() == first


def test_what_was_taken_is_known_and_a_half_written_file_does_not_count(
    outbox: Outbox, folder: Path
) -> None:
    outbox.submit(MAIL, [recipient(1)], date=NOW)
    (folder / "id2.eml.part").write_bytes(b"To: ")
    assert outbox.already_taken("2026-W47", ["id1", "id2", "id3"]) == {"id1"}
    assert outbox.already_taken("2026-W48", ["id1"]) == frozenset()


def test_finishing_takes_half_written_files_away_and_makes_the_pages(tmp_path: Path) -> None:
    pages = Pages()
    outbox = Outbox(tmp_path, pages)
    outbox.submit(MAIL, [recipient(1)], date=NOW)
    (tmp_path / "2026-W47" / "id2.eml.part").write_bytes(b"To: ")
    outbox.finish("2026-W47", ALL, 1)
    assert [path.name for path in (tmp_path / "2026-W47").iterdir()] == ["id1.eml"]
    assert pages.asked == [(tmp_path, "2026-W47", ALL)]


def test_test_mails_are_kept_apart(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, Pages())
    outbox.submit(replace(MAIL, folder="test"), [recipient(1)], date=NOW)
    assert (tmp_path / "test" / "id1.eml").is_file()
    assert not (tmp_path / "2026-W47").exists()


def test_each_variant_has_its_own_bytes(tmp_path: Path) -> None:
    """A transport that is used for several editions and variants mixes up none of them."""
    outbox = Outbox(tmp_path, Pages())
    other = replace(ALL, key="living", html="<p>Other</p>", text="Other\n")
    outbox.submit(MAIL, [recipient(1)], date=NOW)
    outbox.submit(replace(MAIL, rendered=other), [recipient(2)], date=NOW)
    outbox.submit(replace(MAIL, nonce="ff", edition_key="2026-W48"), [recipient(3)], date=NOW)
    assert b"Other" in (tmp_path / "2026-W47" / "id2.eml").read_bytes()
    assert b"Other" not in (tmp_path / "2026-W47" / "id1.eml").read_bytes()
    assert b"_nl_ff" in (tmp_path / "2026-W48" / "id3.eml").read_bytes()


# ---- a folder that cannot be written ---------------------------------------------------------


def test_an_outbox_that_is_a_file_takes_nothing_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file")
    answer = Outbox(tmp_path / "outbox", Pages()).submit(MAIL, [recipient(1)], date=NOW)
    assert isinstance(answer, Stopped)
    assert str(tmp_path / "outbox") in answer.error
    assert "[delivery] outbox" in answer.mend


def test_an_edition_that_cannot_be_finished_says_why(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file")
    with pytest.raises(TransportError, match="outbox"):
        Outbox(tmp_path / "outbox", Pages()).finish("2026-W47", ALL, 1)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    with serve_demo_blog(1) as blog:
        room = Newsroom(
            folder=tmp_path / "room", url=f"sqlite:///{tmp_path / 'room' / 'newsletter.db'}"
        )
        room.prepare(blog.feed_url)
        with opened(room) as database:
            upgrade(database)
        take_in(room, 300)
        yield room


def ledger(database: Database) -> Recipients:
    with database.read() as connection:
        return outcomes.recipients(connection, 1)


def test_a_send_that_cannot_write_says_so_and_goes_on_when_it_can(room: Newsroom) -> None:
    """The edition stays as it is in the ledger; nobody is lost, and nobody gets two."""
    (room.folder / "outbox").write_text("in the way")
    stopped = room.run("send")
    assert (stopped.code, stopped.document["outcome"]) == (3, "paused")
    assert "outbox" in stopped.document["reasons"][0]
    assert "Traceback" not in stopped.said
    with opened(room) as database:
        assert ledger(database) == Recipients(pending=300)
    (room.folder / "outbox").unlink()
    done = room.run("send")
    assert (done.code, done.document["outcome"]) == (0, "sent")
    assert faults(room, 300) == []
