"""Leaving: RFC 8058 for mail programs, a page with one button for people; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.integration.web.reader import ANNA, join, newest, person, token_of
from tests.webapp import Answer, Served, served

ONE_CLICK = "List-Unsubscribe=One-Click"
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = (
    b'--xyz\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--xyz--'
)


@pytest.fixture
def site(tmp_path: Path, migrated_url: str) -> Iterator[Served]:
    """A server, and Anna on the list."""
    with served(tmp_path, database_url=migrated_url) as found:
        join(found)
        yield found


def one_click(site: Served, token: str) -> Answer:
    """As Gmail does it."""
    return site.ask(
        "POST", f"/unsubscribe/{token}", ONE_CLICK.encode(), {"Content-Type": URLENCODED}
    )


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (ONE_CLICK.encode(), {"Content-Type": URLENCODED}),
        (MULTIPART, {"Content-Type": "multipart/form-data; boundary=xyz"}),
        (b"", {}),
        (b"\xff\xfe\x00 anything", {"Content-Type": "text/weird"}),
        (b"--broken", {"Content-Type": "multipart/form-data; boundary=xyz"}),
        (b"--broken", {"Content-Type": "multipart/form-data"}),
        (b"%ff=%zz&page", {"Content-Type": URLENCODED}),
        (b'{"a": 1}', {"Content-Type": "application/json"}),
    ],
    ids=["urlencoded", "multipart", "empty", "garbage", "broken", "no-boundary", "odd", "json"],
)
def test_a_post_of_any_kind_takes_her_off_the_list(
    site: Served, body: bytes, headers: dict[str, str]
) -> None:
    """200, no redirect, no cookie, no login (RFC 8058 §3.1, §3.2)."""
    answer = site.ask("POST", f"/unsubscribe/{token_of(site)}", body, headers)
    assert answer.status == 200
    assert "location" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert person(site)["status"] == "unsubscribed"


def test_a_get_or_head_never_does(site: Served) -> None:
    before = person(site)
    for method in ("GET", "HEAD", "OPTIONS"):
        site.ask(method, f"/unsubscribe/{token_of(site)}")
    assert person(site) == before
    assert before["status"] == "active"


def test_it_may_be_repeated(site: Served) -> None:
    token = token_of(site)
    assert one_click(site, token).status == 200
    before = person(site)
    assert one_click(site, token).status == 200
    assert person(site) == before


@pytest.mark.parametrize("token", ["nobody", "sample", "x" * 300, "%00", "%ff%fe", "é", "a%2Fb"])
def test_a_token_of_nobody_gets_the_same_answer(site: Served, token: str) -> None:
    known = one_click(site, token_of(site))
    unknown = one_click(site, quote(token, safe="%"))
    if token == "a%2Fb":
        assert unknown.status == 404  # it is a path of another shape
    else:
        assert (unknown.status, unknown.text) == (known.status, known.text)


def test_who_was_erased_gets_the_same_answer(site: Served) -> None:
    token = token_of(site)
    site.post("/link", email=ANNA, purpose="forget")
    assert "deleted" in site.post(newest(site).link).text
    assert person(site) == {}
    answer = one_click(site, token)
    assert (answer.status, answer.text) == (200, "You are unsubscribed.\n")


def test_the_page_has_one_button_masks_the_address_and_names_nothing(site: Served) -> None:
    page = site.get(f"/unsubscribe/{token_of(site)}")
    assert page.status == 200
    assert "a***@e***.org" in page.text
    assert page.text.count("<button") == 1
    for word in (ANNA, "A Slow Kind of Luck", "Clinical trials", "Living well"):
        assert word not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    assert page.headers["referrer-policy"] == "no-referrer"


def test_by_the_button_she_leaves_and_may_say_why(site: Served) -> None:
    path = f"/unsubscribe/{token_of(site)}"
    answer = site.post(path, page="1")
    assert answer.status == 200
    assert "You have left the newsletter" in answer.text
    assert "Would you tell us why?" in answer.text
    assert person(site)["status"] == "unsubscribed"
    thanks = site.post(path, page="1", reason="too-often", words="Twice a day\nis much")
    assert "Thank you for telling us." in thanks.text
    with site.wiring.read() as connection:
        details = connection.exec_driver_sql("SELECT detail FROM subscriber_consent").scalars()
        assert "reason: It comes too often: Twice a day is much" in list(details)


def test_the_button_of_an_incomplete_link_does_not_claim_success(site: Served) -> None:
    """Who has cut the link would believe it, and go on getting mails."""
    answer = site.post(f"/unsubscribe/{token_of(site)[:-3]}", page="1")
    assert answer.status == 200
    assert "You have left" not in answer.text
    assert "This link belongs to nobody on the list" in answer.text
    assert person(site)["status"] == "active"


def test_the_sample_s_pages_change_nothing_and_say_so(site: Served) -> None:
    before = person(site)
    for path in ("/unsubscribe/sample", "/preferences/sample"):
        assert "This is an example." in site.get(path).text
        assert site.post(path, page="1", form="large", pause="4").status == 200
    assert "Nothing was changed" in site.post("/unsubscribe/sample", page="1").text
    assert person(site) == before
