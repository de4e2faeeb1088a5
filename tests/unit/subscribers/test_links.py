"""A mailed link opens what it was made for, and no other spelling of it does."""

from __future__ import annotations

import string

import pytest

from subscribers.links import new_nonce, opened, signed
from subscribers.model import Purpose

NEW, OLD = "n" * 40, "o" * 40
LETTERS = string.ascii_letters + string.digits + "-_.= "


def test_a_link_opens_for_its_purpose_under_any_key() -> None:
    nonce = new_nonce()
    for purpose in Purpose:
        token = signed(nonce, purpose, (OLD,))
        assert opened(token, purpose, (NEW, OLD)) == nonce
        assert opened(token, purpose, (NEW,)) is None
        others = [other for other in Purpose if other is not purpose]
        assert [opened(token, other, (OLD,)) for other in others] == [None] * len(others)


def test_the_first_key_signs() -> None:
    token = signed("nonce", Purpose.FORGET, (NEW, OLD))
    assert opened(token, Purpose.FORGET, (NEW,)) == "nonce"
    assert opened(token, Purpose.FORGET, (OLD,)) is None


def test_no_other_letter_anywhere_opens_it() -> None:
    """Not in the last place either, where four letters stand for the same signature."""
    token = signed("jLbu6pg-Kmi_", Purpose.DOSSIER, (NEW,))
    for place in range(len(token)):
        for letter in LETTERS:
            other = token[:place] + letter + token[place + 1 :]
            assert (opened(other, Purpose.DOSSIER, (NEW,)) is None) == (other != token), other


@pytest.mark.parametrize("token", ["", ".", "nonce", "nonce.", ".nonce", "é.é", "x" * 3000])
def test_what_is_no_token_opens_nothing(token: str) -> None:
    assert opened(token, Purpose.SUBSCRIBE, (NEW,)) is None


@pytest.mark.parametrize("more", ["=", "\n", " ", "A"])
def test_nothing_may_stand_behind_it(more: str) -> None:
    token = signed("nonce", Purpose.SUBSCRIBE, (NEW,))
    assert opened(token + more, Purpose.SUBSCRIBE, (NEW,)) is None
