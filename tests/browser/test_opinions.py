"""What other programs say of the mails: MJML's own validator, html-validate and SpamAssassin."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.mail import Mail
from tests.browser.opinions import Opinion, SpamScore, opinions_on, spam_scores
from tests.browser.samples import EVERY

MailOf = Callable[[str], Mail]

MOST_POINTS = 1.0
"""SpamAssassin calls a message spam from 5 points on."""

ALPHABETS = {"wild-d15_enc_iconv_cyrillic.xml": ("MIXED_ES", 1.0)}
"""Points for letters that only look like the Latin e. SpamAssassin gives none for them in Greek or
Polish, but does in Russian."""

each_mail = pytest.mark.parametrize("name", EVERY)

BAD = Mail(
    html="<!doctype html><p><div>x</p><img src=x>",
    mjml=(
        '<mjml><mj-body><mj-foo>x</mj-foo><mj-section><mj-column><mj-text colour="red">x</mj-text>'
        "</mj-column></mj-section></mj-body></mjml>"
    ),
    message=b"From: a@b.example\nTo: c@d.example\nSubject: FREE MONEY, ACT NOW!!!\n"
    b"MIME-Version: 1.0\nContent-Type: text/html\n\n<h1>CLICK HERE</h1><img src='http://1.2.3.4/'>\n",
    host="",
)


@pytest.fixture(scope="module")
def everything(mail_of: Callable[[str], Mail]) -> dict[str, Mail]:
    """All the mails at once, so that each program is started but once."""
    return {name: mail_of(name) for name in EVERY}


@pytest.fixture(scope="module")
def opinions(everything: dict[str, Mail]) -> dict[str, Opinion]:
    return dict(zip(everything, opinions_on(everything.values()), strict=True))


@pytest.fixture(scope="module")
def scores(everything: dict[str, Mail]) -> dict[str, SpamScore]:
    return dict(zip(everything, spam_scores([m.message for m in everything.values()]), strict=True))


@each_mail
def test_the_official_mjml_finds_its_source_valid(opinions: dict[str, Opinion], name: str) -> None:
    """Unknown tags, attributes, units and places, of which our engine says nothing."""
    assert opinions[name].mjml == []


@each_mail
def test_html_validate_finds_no_fault(opinions: dict[str, Opinion], name: str) -> None:
    assert opinions[name].html == []


@each_mail
def test_the_whole_message_does_not_look_like_spam(scores: dict[str, SpamScore], name: str) -> None:
    score = scores[name]
    rule, points = ALPHABETS.get(name, ("", 0.0))
    assert rule in score.rules
    assert score.points - points < MOST_POINTS, score.rules


def test_they_find_what_they_look_for() -> None:
    (opinion,) = opinions_on([BAD])
    assert [fault.partition(":")[0] for fault in opinion.mjml] == ["mj-foo", "mj-text"]
    assert {"close-order", "wcag/h37"} <= {fault.partition(":")[0] for fault in opinion.html}
    (score,) = spam_scores([BAD.message])
    assert score.points > MOST_POINTS
    assert "MIME_HTML_ONLY" in score.rules
