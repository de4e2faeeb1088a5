"""Every letter that an author writes comes out as it went in, also where it is read aloud only."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape, unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.editions.anatomy import anatomy_of
from newsletter.editions.mjml import mjml_to_html
from newsletter.editions.render import render
from newsletter.model.edition import Form
from tests.digests import PICTURE, TAGS, a_digest, new_post

letters = st.text(
    st.one_of(
        st.sampled_from("\u00a0\u00ad\u200d\u200f\ufe0f\u0301\u094d\u05b8\\'\"<>&{}é€👩"),
        st.characters(blacklist_categories=["Cc", "Cs"]),
    ),
    min_size=1,
    max_size=12,
)


@given(letters)
def test_an_attribute_keeps_every_letter(text: str) -> None:
    value = escape(text)
    html = mjml_to_html(
        f"<mjml><mj-head><mj-title>{value}</mj-title></mj-head><mj-body><mj-section><mj-column>"
        f'<mj-image src="https://x.example/a.png" alt="{value}" /><mj-text>'
        f'<img src="https://x.example/?{value}" alt="{value}" /><p>{value}</p></mj-text>'
        "</mj-column></mj-section></mj-body></mjml>",
        about="It",
    )
    anatomy = anatomy_of(html)
    assert [picture.alt for picture in anatomy.pictures] == [text, text]
    assert anatomy.pictures[1].src == f"https://x.example/?{text}"
    label = re.search(r'role="article" aria-label="([^"]*)"|aria-label="([^"]*)"', html)
    assert label
    assert unescape(label[1] or label[2]) == text
    assert anatomy.title == text.strip()
    assert text.strip() in anatomy.text


def test_quotation_marks_in_single_ones_do_not_end_an_attribute() -> None:
    html = mjml_to_html(
        "<mjml><mj-body><mj-section><mj-column><mj-image src='https://x.example/a.png'"
        " alt='A \"quiet\" street' /></mj-column></mj-section></mj-body></mjml>",
        about="It",
    )
    assert [picture.alt for picture in anatomy_of(html).pictures] == ['A "quiet" street']


@pytest.mark.parametrize("form", list(Form))
def test_a_screen_reader_reads_the_name_of_the_mail_and_not_a_program(form: Form) -> None:
    """The engine would say of the date: 16 backslash u a zero November."""
    picture = replace(PICTURE, alt="The ❤️ of the garden, by Zoe\u0301")
    rendered = render(a_digest(new=(new_post(image=picture),), form=form), TAGS)
    assert "\\" not in rendered.html
    assert ' 16&#160;November 2026"' in rendered.html
    if form is not Form.PLAIN:
        assert [each.alt for each in anatomy_of(rendered.html).pictures] == [picture.alt]
