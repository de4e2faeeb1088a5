"""A word respelt, and a word that says something else."""

from __future__ import annotations

import pytest

from newsletter.feeds.spelling import is_respelt


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("recruting", "recruiting"),
        ("nto", "not"),
        ("teh", "the"),
        ("fo", "of"),
        ("tumor", "tumour"),
        ("behaviour", "behavior"),
        ("authorised", "authorized"),
        ("enrolment", "enrollment"),
        ("result", "results"),
        ("trail", "trial"),
        ("ecruiting", "recruiting"),
    ],
)
def test_the_same_word(one: str, other: str) -> None:
    assert is_respelt(one, other)
    assert is_respelt(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("now", "not"),
        ("available", "unavailable"),
        ("effective", "ineffective"),
        ("increase", "decrease"),
        ("typical", "atypical"),
        ("hypotension", "hypertension"),
        ("interarterial", "intraarterial"),
        ("internal", "external"),
        ("closes", "closed"),
        ("safe", "unsafe"),
        ("ii", "iii"),
        ("two", "ten"),
        ("12", "13"),
        ("a", "b"),
        ("mg", "kg"),
    ],
)
def test_another_word(one: str, other: str) -> None:
    assert not is_respelt(one, other)
    assert not is_respelt(other, one)
