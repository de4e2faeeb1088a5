"""The words for what goes wrong: one kind each, a way to mend it, and nobody's password."""

from __future__ import annotations

from newsletter.errors import FeedError
from newsletter.feeds import answers

URL = "https://anna:secret@blog.example/feed/"


def every_error() -> list[FeedError]:
    statuses = (401, 403, 404, 407, 410, 429, 451, 500)
    return [
        *(answers.status_error(URL, status, {}, b"") for status in statuses),
        answers.bot_protection(URL), answers.empty(URL), answers.page_error(URL, URL, "<p>", {}),
        answers.unreadable(URL, "it is a picture"), answers.too_large(URL, 20 * 1024**2),
        answers.cut_short(URL), answers.wrong_encoding(URL, "br"), answers.invalid_url(URL),
        answers.too_many_redirects(URL, 5), answers.insecure_redirect(URL, URL),
        answers.no_feed(URL, [URL]), answers.too_slow(URL, 60), answers.no_name(URL),
        answers.refused(URL), answers.no_connection(URL), answers.no_proxy(),
        answers.certificate(URL, "expired"), answers.certificate(URL, ""),
    ]  # fmt: skip


def test_the_kinds_are_a_closed_set_and_all_of_them_occur() -> None:
    assert {error.kind for error in every_error()} == answers.KINDS


def test_every_error_says_what_and_how_to_mend_it_and_keeps_the_password() -> None:
    for error in every_error():
        assert error.message.endswith(".")
        assert error.mend.endswith((".", "…"))
        assert "secret" not in str(error)


def test_the_status_is_kept_beside_the_kind() -> None:
    error = answers.status_error(URL, 404, {}, b"")
    assert (error.http_status, error.code) == (404, "feed")
    assert "404 Not Found" in error.message
