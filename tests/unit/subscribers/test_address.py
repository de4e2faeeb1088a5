"""Addresses: what is taken, how it is spelled, and what a log may show of it."""

from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given, settings
from hypothesis import strategies as st

from subscribers import address
from subscribers.errors import AddressError, SecretKeyError

_PIECE = st.text(alphabet="abzAZ019_+-.@xn ſKéü\x00'\"<>[]", max_size=12)
_SPELLED = st.builds(lambda a, b, c: f"{a}@{b}.{c}", _PIECE, _PIECE, _PIECE)


def by_the_book(text: str) -> str | None:
    try:
        return validate_email(
            text,
            allow_smtputf8=False,
            check_deliverability=False,
            test_environment=True,
            strict=True,
        ).ascii_email
    except EmailNotValidError:
        return None


@given(st.one_of(_SPELLED, st.emails()))
@settings(max_examples=400)
@example("INFO@example.org")
@example("anna@ſtart.org")
@example(f"{'a' * 65}@example.org")
@example(f"a@{'b' * 64}.org")
@example("a@x.localhost")
@example("a--b@x--y.org")
@example(".a@example.org")
@example("a@xn--mnchen-3ya.de")
def test_the_quick_way_agrees_with_email_validator(text: str) -> None:
    stripped = text.strip()
    try:
        ours: str | None = address.normalise(stripped)
    except AddressError:
        ours = None
    book = by_the_book(stripped)
    assert ours == (book if book and "." in book.rpartition("@")[2] else None)


@given(_SPELLED)
def test_normalising_twice_changes_nothing(text: str) -> None:
    try:
        once = address.normalise(text)
    except AddressError:
        return
    assert address.normalise(once) == once


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("anna@EXAMPLE.Org", "anna@example.org"),
        ("Anna.Bell@example.org", "Anna.Bell@example.org"),
        ("  anna@example.org\u00a0", "anna@example.org"),
        ("\ufeffanna@example.org\r\n", "anna@example.org"),
        ("anna@münchen.example", "anna@xn--mnchen-3ya.example"),
        ("anna@XN--MNCHEN-3YA.example", "anna@xn--mnchen-3ya.example"),
        ("anna@shop.test", "anna@shop.test"),
        ("INFO@example.org", "info@example.org"),
        ("o'hara@example.org", "o'hara@example.org"),
    ],
)
def test_one_spelling_for_each_address(typed: str, kept: str) -> None:
    assert address.normalise(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "   ", "anna", "anna@", "@example.org", "anna@example", "anna@test", "anna@@example.org",
     "jürgen@example.org", "anna bell@example.org", "Anna <anna@example.org>", "a\0nna@example.org",
     "anna@example.org, ben@example.org", "anna@[127.0.0.1]", '"anna b"@example.org',
     "anna@example.org\nbcc:x@example.org", "a" * 5000 + "@example.org"],
)  # fmt: skip
def test_what_cannot_be_written_to_is_refused_with_a_reason(typed: str) -> None:
    with pytest.raises(AddressError) as caught:
        address.normalise(typed)
    assert caught.value.message
    assert caught.value.mend
    assert len(str(caught.value)) < 400
    assert "\n" not in caught.value.message
    assert "\0" not in caught.value.message


def test_case_makes_no_second_person() -> None:
    spellings = ("Anna@Example.org", "ANNA@example.ORG", "anna@example.org")
    assert {address.key(address.normalise(text)) for text in spellings} == {"anna@example.org"}


@given(st.emails())
def test_a_masked_address_shows_one_letter_of_each_side(email: str) -> None:
    masked = address.mask(email)
    local, _, domain = email.rpartition("@")
    assert masked == f"{local[0]}***@{domain[0]}***.{domain.rpartition('.')[2]}"


def test_what_is_no_address_is_masked_whole() -> None:
    assert address.mask("anna") == "***"


def test_the_hash_of_an_address_depends_on_the_secret_and_not_on_the_case() -> None:
    one = address.keyed_hash("Anna@example.org", "first")
    assert one == address.keyed_hash("anna@example.org", "first")
    assert one != address.keyed_hash("anna@example.org", "second")
    assert len(one) == 64


def test_the_name_of_a_key_tells_keys_apart_and_holds_nothing_of_them() -> None:
    assert address.key_id("first") == address.key_id("first")
    assert address.key_id("first") != address.key_id("second")
    assert "first" not in address.key_id("first")


@pytest.mark.parametrize("secrets", [(), ("",)])
def test_without_a_secret_the_mend_says_where_it_comes_from(secrets: tuple[str, ...]) -> None:
    with pytest.raises(SecretKeyError, match="NEWSLETTER_SECRET_KEY"):
        address.current_secret(secrets)
