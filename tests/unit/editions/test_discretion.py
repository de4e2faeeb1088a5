"""A word that must not be seen is found however it is written, and no other is taken for it."""

from __future__ import annotations

import pytest

from newsletter.editions.discretion import places_found, words_found


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("cancer", "Living with Neuroendocrine CANCER"),
        ("cancer", "news@netcancerday.example.org"),
        ("NET", "A NET, and more"),
        ("NET", "NET-trial"),
        ("tumour", "tu\u00admour"),
        ("tumour", "\uff54\uff55\uff4d\uff4f\uff55\uff52"),
        ("Darm krebs", "Ihr Darm Krebs Brief"),
        ("Größe", "GRÖSSE"),
    ],
)
def test_a_word_is_found(word: str, text: str) -> None:
    assert words_found([word], text) == [word]


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("NET", "news@mail.example.net"),
        ("NET", "The INTERNET"),
        ("NET", "a net"),
        ("cancer", "Your newsletter, week of 16 November 2026"),
        ("cancer", ""),
    ],
)
def test_another_word_is_none_of_them(word: str, text: str) -> None:
    assert words_found([word], text) == []


def test_each_place_is_named_with_each_word() -> None:
    places = {"From": "Cancer news", "Subject": "Trial of a cancer drug", "To": "x"}
    assert places_found(["cancer", "trial"], places) == [
        ("From", "cancer"),
        ("Subject", "cancer"),
        ("Subject", "trial"),
    ]
