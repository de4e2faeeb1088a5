"""The admin's own look: colours, a logo, a line below the title, a text at the foot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.config import load
from newsletter.editions.check import check
from newsletter.editions.render import render
from newsletter.errors import SettingsError
from newsletter.model.look import DARK, LIGHT, Look
from newsletter.model.post import Image
from newsletter.pipeline.context import look_of
from tests.digests import MASTHEAD, TAGS, a_digest, new_post

LOOK = Look(
    light=replace(LIGHT, band="#5b1a3a"),
    dark=replace(DARK, band="#3f1228"),
    logo=Image(url="https://blog.example.org/logo.png", alt="A green leaf", width=120),
    masthead="Letters by Morgan, twice a month",
    footer="Kept going by *readers*: [give a coffee](https://blog.example.org/coffee).",
)

SETTINGS = """
[newsletter]
title = "Letters"
sender = "news@example.org"
website = "https://blog.example.org"
public_url = "https://news.example.org"
[[feeds]]
url = "https://blog.example.org/feed/"
"""


def settings_look(folder: Path, look: str) -> Look:
    (folder / "newsletter.toml").write_text(SETTINGS + look, encoding="utf-8")
    return look_of(load(folder / "newsletter.toml", {}))


def test_all_of_it_is_in_the_mail_and_the_words_are_in_both_parts() -> None:
    masthead = replace(MASTHEAD, look=LOOK)
    mail = render(a_digest(new=(new_post(),), masthead=masthead), TAGS)
    assert 'src="https://blog.example.org/logo.png" alt="A green leaf" width="120"' in mail.html
    assert "#5b1a3a" in mail.html
    assert "#3f1228" in mail.html
    assert LIGHT.band not in mail.html
    for words in ("Letters by Morgan, twice a month", "https://blog.example.org/coffee"):
        assert words in mail.html
        assert words in mail.text
    assert check(mail, TAGS, masthead) == ()


def test_without_one_it_is_ours() -> None:
    mail = render(a_digest(new=(new_post(),)), TAGS)
    assert LIGHT.band in mail.html
    assert "<img" not in mail.html


def test_the_settings_give_the_look(tmp_path: Path) -> None:
    look = settings_look(
        tmp_path,
        '[look]\nlogo = "https://blog.example.org/logo.png"\nlogo_alt = "A green leaf"\n'
        'logo_width = 120\nmasthead = "By Morgan"\nfooter = "Thanks"\n'
        '[look.light]\nband = "#ABC"\n[look.dark]\nlink = "#FFEEDD"\n',
    )
    assert look.logo == Image(
        url="https://blog.example.org/logo.png", alt="A green leaf", width=120
    )
    assert (look.masthead, look.footer) == ("By Morgan", "Thanks")
    assert look.light == replace(LIGHT, band="#aabbcc")
    assert look.dark == replace(DARK, link="#ffeedd")


def test_settings_without_a_look_are_ours(tmp_path: Path) -> None:
    assert settings_look(tmp_path, "") == Look()


@pytest.mark.parametrize(
    ("look", "said"),
    [
        ('logo = "https://blog.example.org/logo.png"', "look.logo_alt"),
        ('logo = "http://blog.example.org/a.png"\nlogo_alt = "A"', "look.logo"),
        ('logo = "a.png"\nlogo_alt = "A"', "look.logo"),
        ("logo_width = 5", "look.logo_width"),
        ('light.ink = "navy"', "look.light.ink"),
        ('dark.ink = "0b4a57"', "Did you mean #0b4a57?"),
        ('light.headline = "#000000"', "look.light.headline"),
        ('templates = " "', "look.templates"),
    ],
)
def test_what_is_wrong_is_said_with_its_setting(tmp_path: Path, look: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_look(tmp_path, f"[look]\n{look}\n")
    assert said in caught.value.message + caught.value.mend


def test_the_folder_of_templates_begins_at_the_settings(tmp_path: Path) -> None:
    (tmp_path / "newsletter.toml").write_text(SETTINGS + '[look]\ntemplates = "mine/parts"\n')
    assert load(tmp_path / "newsletter.toml", {}).templates_path() == tmp_path / "mine" / "parts"
