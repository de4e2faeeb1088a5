"""What a page's answer says of a post."""

from __future__ import annotations

import pytest

from newsletter.errors import FeedError
from newsletter.feeds.pages import is_reserved, standing_of
from newsletter.model.feed import Fetched
from newsletter.model.page import Standing

URL = "https://blog.example.org/2026/11/06/a-walk/"
TEXT = "On a grey morning in November we walked down to the river again."
FORM = '<form action="/wp-login.php?action=postpass" class="post-password-form" method="post">'


def page(body: str | None, *, status: int = 200, final: str = URL) -> Fetched:
    return Fetched(
        url=URL,
        final_url=final,
        http_status=status,
        body=None if body is None else body.encode(),
        headers={"content-type": "text/html; charset=utf-8"},
    )


def refused(kind: str, status: int | None = None) -> FeedError:
    return FeedError("No.", kind=kind, http_status=status)


@pytest.mark.parametrize(
    ("answer", "standing"),
    [
        (page(f"<h1>A walk</h1><p>{TEXT}</p>"), Standing.THERE),
        (page("<h1>Quite another text</h1>"), Standing.THERE),
        (page(None), Standing.THERE),
        (page(None, status=301), Standing.THERE),
        (page(f"<h1>Protected: A walk</h1>{FORM}</form>"), Standing.PRIVATE),
        (page(f"<aside>{FORM}</form></aside><p>On a grey <b>morning</b> in November we walked down"
              " to the river again.</p>"), Standing.THERE),
        (page(f"<head><meta content='{TEXT}'></head><script>'{TEXT}'</script>{FORM}</form>"),
         Standing.PRIVATE),
        (page("<title>Log In</title><input type='password'>"), Standing.PRIVATE),
        (page("<p>x</p>", final="https://blog.example.org/wp-login.php?redirect_to=x"),
         Standing.PRIVATE),
        (page("<title>Just a moment...</title>"), Standing.UNSURE),
        (refused("not-found", 404), Standing.GONE),
        (refused("gone", 410), Standing.GONE),
        (refused("bot-protection", 404), Standing.UNSURE),
        *((refused("x", status), Standing.UNSURE)
          for status in (400, 401, 403, 429, 451, 500, 503)),
        *((refused(kind), Standing.UNSURE)
          for kind in ("dns", "timeout", "refused", "connection", "certificate", "too-large")),
    ],
)  # fmt: skip
def test_only_what_is_certain_takes_a_post_out(
    answer: Fetched | FeedError, standing: Standing
) -> None:
    assert standing_of(answer, TEXT) is standing


def test_without_a_text_to_look_for_the_form_decides() -> None:
    assert standing_of(page(f"{FORM}</form><p>{TEXT}</p>"), "Too short.") is Standing.PRIVATE


@pytest.mark.parametrize(
    ("url", "reserved"),
    [
        ("https://blog.example.org/a/", True),
        ("https://example.com", True),
        ("https://ronnyallan.example/a", True),
        ("https://a.test./", True),
        ("https://myexample.org/", False),
        ("https://blog.org/?x=example.org", False),
        ("http://127.0.0.1:8000/", False),
        ("http://localhost/", False),
    ],
)
def test_names_that_are_nobodys_are_not_asked_for(url: str, reserved: bool) -> None:
    assert is_reserved(url) is reserved
