"""A person's own pages: what she gets, what is held, being forgotten; on both databases."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.pipeline.absorb import absorb_block
from subscribers.softbounces import SoftLimit
from subscribers.store import pushed, suppressions
from tests.integration.web.reader import ANNA, join, letters, newest, person, token_of
from tests.webapp import SETTINGS, Served, served

NAMES = (ANNA, "A Slow Kind of Luck", "Clinical trials", "Living well", "blog.example.org")


@pytest.fixture
def site(tmp_path: Path, migrated_url: str) -> Iterator[Served]:
    """A server, and Anna on the list for one topic."""
    with served(tmp_path, database_url=migrated_url) as found:
        join(found, topics="trials")
        yield found


def fresh_link(site: Served, purpose: str) -> str:
    """The path of a link that she has mailed to herself from her lasting page."""
    answer = site.post(f"/preferences/{token_of(site)}/mail", purpose=purpose)
    assert "Please look into your mailbox" in answer.text
    return newest(site).link


def test_behind_the_lasting_link_nothing_tells_who_she_is_or_reads_about(site: Served) -> None:
    page = site.get(f"/preferences/{token_of(site)}")
    assert page.status == 200
    assert "a***@e***.org" in page.text
    assert [name for name in NAMES if name in page.text] == []
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path", "size", "status"),
    [
        ("GET", "/preferences/TOKEN/mail", 0, 405),
        ("GET", "/preferences/TOKEN/more", 0, 404),
        ("PUT", "/unsubscribe/TOKEN", 0, 405),
        ("POST", "/unsubscribe/TOKEN", 100_000, 413),
        ("PUT", "/confirm/TOKEN", 0, 405),
        ("PUT", "/dossier/TOKEN", 0, 405),
        ("PUT", "/forget/TOKEN", 0, 405),
    ],
)
def test_what_goes_wrong_behind_a_personal_link_names_nothing_either(
    site: Served, method: str, path: str, size: int, status: int
) -> None:
    answer = site.ask(method, path.replace("TOKEN", token_of(site)), b"x" * size)
    assert answer.status == status
    assert "<h1>" in answer.text
    assert [name for name in NAMES if name in answer.text] == []


def test_who_asks_for_links_too_often_is_told_so_without_a_name(site: Served) -> None:
    path = f"/preferences/{token_of(site)}/mail"
    answers = [site.post(path, purpose="dossier") for _ in range(21)]
    assert answers[-1].status == 429
    assert [name for name in NAMES if name in answers[-1].text] == []


def test_a_used_link_to_confirm_names_nothing(site: Served) -> None:
    """The mail may have been passed on since."""
    link = newest(site).link
    for answer in (site.get(link), site.post(link)):
        assert "You are on the list already" in answer.text
        assert [name for name in NAMES if name in answer.text] == []


def test_form_and_pause_are_changed_by_the_lasting_link(site: Served) -> None:
    path = f"/preferences/{token_of(site)}"
    answer = site.post(path, form="large", pause="4")
    assert "Saved." in answer.text
    assert "You are taking a break until" in answer.text
    assert "The next edition" not in answer.text
    row = person(site)
    assert (row["form"], row["topics"]) == ("large", "trials")
    assert re.search(r'value="large" checked', answer.text)
    assert "No mails until" in answer.text
    assert "No mails until" in site.get(path).text
    ended = site.post(path, pause="0").text
    assert "No mails until" not in ended
    assert "The next edition comes like this." in ended
    assert person(site)["paused_until"] is None


@pytest.mark.parametrize("odd", ["-1", "1e9", "x", "999", "٣", " 4"])
def test_an_odd_pause_or_form_changes_nothing(site: Served, odd: str) -> None:
    before = person(site)
    assert site.post(f"/preferences/{token_of(site)}", form=odd, pause=odd).status == 200
    assert person(site) == before


def test_topics_are_changed_by_a_fresh_link_only(site: Served) -> None:
    site.post(f"/preferences/{token_of(site)}", topics="living")
    assert person(site)["topics"] == "trials"
    link = fresh_link(site, "preferences")
    page = site.get(link)
    assert re.search(r'value="trials" checked', page.text)
    assert not re.search(r'value="living" checked', page.text)
    assert person(site)["topics"] == "trials"
    assert "Saved." in site.post(link, topics="living", form="plain").text
    row = person(site)
    assert (row["topics"], row["form"]) == ("living", "plain")
    assert "Saved." in site.post(link).text
    assert person(site)["topics"] == ""


def test_a_link_for_one_purpose_opens_no_other_page(site: Served) -> None:
    link = fresh_link(site, "preferences")
    token = link.rpartition("/")[2]
    for other in ("forget", "dossier", "confirm"):
        assert site.get(f"/{other}/{token}").status == 404
        assert site.post(f"/{other}/{token}").status == 404
    assert person(site)["status"] == "active"


def test_where_there_are_no_topics_none_can_be_chosen(tmp_path: Path) -> None:
    with served(tmp_path, settings=SETTINGS.partition("[[topics]]")[0]) as plain:
        join(plain)
        token = token_of(plain)
        for path in (f"/preferences/{token}", f"/unsubscribe/{token}"):
            assert "topics" not in plain.get(path).text
        assert "See what is held about me" in plain.get(f"/preferences/{token}").text


def test_what_is_held_comes_as_a_file(site: Served) -> None:
    link = fresh_link(site, "dossier")
    assert "Download the file" in site.get(link).text
    answer = site.post(link)
    assert answer.headers["content-type"] == "application/json"
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    document = json.loads(answer.text)
    assert document["subscriber"]["address"] == ANNA
    assert document["consents"]
    assert site.post(link).status == 200


def test_what_is_held_names_reports_without_a_mail_and_what_the_provider_was_told(
    site: Served,
) -> None:
    """It says "all that is held"."""
    at = datetime(2026, 11, 16, 8, tzinfo=UTC)
    bounced = {"event": "bounce", "type": "bounce", "email": ANNA, "timestamp": at.timestamp(),
               "status": "5.1.1", "reason": "no such mailbox"}  # fmt: skip
    with site.wiring.begin() as connection:
        absorb_block(connection, [bounced], now=at, limit=SoftLimit())
        pushed.begin(connection, [ANNA])
        pushed.note(connection, [ANNA], at)
        suppressions.lift(connection, ANNA)
    document = json.loads(site.post(fresh_link(site, "dossier")).text)
    assert document["reports_without_a_mail"] == [
        {"what": "bounced", "at": "2026-11-16T08:00:00Z", "reason": "no such mailbox"}
    ]
    assert document["provider_told_at"] == "2026-11-16T08:00:00Z"


def test_being_forgotten_needs_the_button_and_leaves_a_hash(site: Served) -> None:
    link = fresh_link(site, "forget")
    assert "Yes, forget me" in site.get(link).text
    assert person(site)["status"] == "active"
    assert "Everything about you was deleted" in site.post(link).text
    assert person(site) == {}
    assert site.post(link).status == 404
    with site.wiring.read() as connection:
        kept = connection.exec_driver_sql(
            "SELECT address_key, address_hash, reason FROM subscriber_suppression"
        ).one()
    assert kept.address_key is None
    assert kept.address_hash
    assert kept.reason == "erased"


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_who_was_forgotten_is_in_no_octet_of_the_database(site: Served) -> None:
    """Neither in what was freed, nor in the file of late changes beside it."""
    path = site.wiring.database().path
    assert path is not None
    link = fresh_link(site, "forget")
    assert _names_anna(path)
    site.post(link)
    assert not _names_anna(path)


def _names_anna(path: Path) -> bool:
    files = path.parent.glob(f"{path.name}*")
    return any(ANNA.encode() in file.read_bytes() for file in files)


def test_a_link_that_is_too_old_says_how_to_get_another(site: Served, tmp_path: Path) -> None:
    link = fresh_link(site, "preferences")
    later = (datetime.fromisoformat("2027-06-01T08:00:00+00:00") + timedelta(days=1)).isoformat()
    with served(tmp_path, database_url=_url(site), NEWSLETTER_NOW=later) as then:
        answer = then.get(link)
        assert answer.status == 404
        assert "This link does not work" in answer.text
        assert 'href="/link"' in answer.text


def test_links_are_mailed_to_who_is_known_only(site: Served) -> None:
    before = len(letters(site))
    for purpose in ("preferences", "dossier", "forget"):
        assert site.post("/link", email="nobody@example.org", purpose=purpose).status == 200
        assert site.post("/preferences/nobody/mail", purpose=purpose).status == 200
    assert len(letters(site)) == before


def test_who_left_can_choose_nothing_and_is_told_so(site: Served) -> None:
    token = token_of(site)
    site.post(f"/unsubscribe/{token}")
    before = person(site)
    for answer in (
        site.get(f"/preferences/{token}"),
        site.post(f"/preferences/{token}", form="large"),
    ):
        assert "is not on the list" in answer.text
    assert person(site) == before


def _url(site: Served) -> str:
    return site.wiring.settings.store.url
