"""The setting of the text part, and the author's note in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.editions.note import note_html
from newsletter.editions.plaintext import WIDTH, fragment_text, tidied, wrapped


def test_a_bullets_lines_hang_below_its_text() -> None:
    text = wrapped("word " * 20, bullet="- ")
    first, second = text.splitlines()
    assert first.startswith("- word")
    assert second.startswith("  word")


def test_an_address_is_never_broken() -> None:
    address = "https://blog.example.org/" + "long-" * 30
    assert address in wrapped(f"See {address} for more").splitlines()


@given(st.text())
def test_wrapping_loses_no_visible_character(text: str) -> None:
    from newsletter.editions.wording import without_controls

    assert wrapped(text).split() == without_controls(text).split()


@given(st.lists(st.text(alphabet="abc é", min_size=1, max_size=WIDTH - 4), max_size=40))
def test_lines_of_ordinary_words_keep_to_the_width(words: list[str]) -> None:
    assert all(len(line) <= WIDTH for line in wrapped(" ".join(words), indent="  ").splitlines())


def test_the_signature_mark_keeps_its_space_and_others_lose_theirs() -> None:
    assert tidied("a  \n\n\n\n\nb\n-- \nc\n\n") == "a\n\n\nb\n-- \nc\n"


def test_a_note_is_set_as_text_with_its_links_on_their_own_lines() -> None:
    note = (
        "Hello *all*,\n\nread [the page](https://blog.example.org/a?b=1&c=2) first.\n\n- one\n- two"
    )
    assert fragment_text(note_html(note)) == (
        "Hello all,\n\nread the page first.\nhttps://blog.example.org/a?b=1&c=2\n\n- one\n\n- two"
    )


def test_numbered_points_keep_their_numbers() -> None:
    assert fragment_text(note_html("1. a\n2. b")) == "1. a\n\n2. b"


def test_raw_html_in_a_note_is_shown_and_not_obeyed() -> None:
    html = note_html("<script>alert(1)</script> <b>x</b>")
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_script_link_in_a_note_is_no_link() -> None:
    assert "href" not in note_html(
        "[x](javascript:alert(1)) [y](data:text/html,z) [z](ftp://a.example)"
    )


def test_no_note_is_nothing() -> None:
    assert note_html(" \n") == ""
