"""What may stand in a log: no address, and no token of a personal page."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subscribers.address import discreet


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Key (address_key)=(anna@example.org) already exists.",
         "Key (address_key)=(a***@e***.org) already exists."),
        ("550 <Anna.Bell+x@mail.example.co.uk>: no", "550 <A***@m***.uk>: no"),
        ("'anna@example.org', \"o'hara@example.org\"", "'a***@e***.org', \"o***@e***.org\""),
        ("to=patrick.o'brien@example.org", "to=p***@e***.org"),
        ("b'anna@example.org', x='anna@example.org'", "b***@e***.org', x='a***@e***.org'"),
        ("GET /x?email=anna%40example.org HTTP", "GET /x?email=a***@e***.org HTTP"),
        ("mailto:anna@example.org?subject=x", "mailto:a***@e***.org?subject=x"),
        ("https://n.example/unsubscribe/AbC_d-0123456789abcdefghijk2",
         "https://n.example/unsubscribe/…"),
        ("/preferences/mailed/eyJhbGciOi.J9.sIgNaTuRe x", "/preferences/mailed/… x"),
        ("jürgen@bücher.example", "j***@b***.example"),
        ("at 10:00 @home, 5@3", "at 10:00 @home, 5@3"),
        ("/unsubscribe/sample", "/unsubscribe/sample"),
    ],
)  # fmt: skip
def test_addresses_and_tokens_are_taken_out_and_the_rest_stays(text: str, said: str) -> None:
    assert discreet(text) == said


@given(st.text(max_size=30), st.emails(), st.text(max_size=30))
@settings(max_examples=100)
def test_no_address_survives(before: str, address: str, after: str) -> None:
    local, _, domain = address.partition("@")
    plain = f"reader{len(local)}@{domain}"
    assert plain not in discreet(f"{before} {plain} {after}")


def test_a_word_that_has_no_end_takes_little_time() -> None:
    """Whoever can get one into a log could stop the program with it."""
    began = time.process_time()
    said = discreet(f"{'a' * 50_000}@ anna@example.org")
    assert time.process_time() - began < 5
    assert said.endswith("a@ a***@e***.org")
