"""The first settings file loads, whatever the feed said, and has every setting there is."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.config import Settings, load
from newsletter.config.guessing import guess
from newsletter.config.reading import SECRETS
from newsletter.config.shape import all_settings
from newsletter.config.starter import Start, secrets_text, settings_text

FEED = "https://www.blog.example.org/feed/atom/"


def start(**changed: Any) -> Start:
    known = {"feed": FEED, "website": None, "title": "Letters", "language": "en-US"}
    return guess(**(known | {"timezone": "Europe/London"} | changed))


def loaded(folder: Path, text: str) -> Settings:
    (folder / "newsletter.toml").write_text(text, encoding="utf-8")
    return load(folder / "newsletter.toml", {})


def uncommented(text: str) -> str:
    """Every setting that the file names, the topics left out, which are an example."""
    text = re.sub(r"#\[\[topics\]\]\n(#.+\n)+", "", text)
    return re.sub(r"^#(?=[a-z_\[])", "", text, flags=re.MULTILINE)


def test_it_is_good_for_a_rehearsal(tmp_path: Path) -> None:
    settings = loaded(tmp_path, settings_text(start()))
    assert settings.delivery.transport == "outbox"
    assert settings.newsletter.title == "Letters"
    assert settings.newsletter.website == "https://www.blog.example.org"
    assert settings.newsletter.sender == "Letters <news@blog.example.org>"
    assert settings.newsletter.public_url == "https://news.blog.example.org"
    assert settings.newsletter.language == "en-US"
    assert settings.newsletter.timezone == "Europe/London"
    assert settings.feeds[0].url == FEED


def test_what_is_commented_out_are_the_defaults(tmp_path: Path) -> None:
    text = settings_text(start())
    settings = loaded(tmp_path, text)
    assert uncommented(text) != text
    assert loaded(tmp_path, uncommented(text)) == settings


def test_every_setting_is_in_it_and_nothing_else() -> None:
    text = re.sub(r"^#(?=[a-z_\[])", "", settings_text(start()), flags=re.MULTILINE)
    assert set(_names(tomllib.loads(text))) == set(all_settings())


def test_its_example_of_a_topic_is_right(tmp_path: Path) -> None:
    text = re.sub(r"^#(?=[a-z_\[])", "", settings_text(start()), flags=re.MULTILINE)
    assert loaded(tmp_path, text).topics[0].key == "trials"


def test_the_secrets_file_names_every_secret_and_holds_the_key(tmp_path: Path) -> None:
    text = secrets_text("a-random-key")
    assert set(re.findall(r"^#?([A-Z_]+)=", text, re.MULTILINE)) == set(SECRETS)
    (tmp_path / ".env").write_text(text)
    keys = loaded(tmp_path, settings_text(start())).secrets.keys
    assert [key.get_secret_value() for key in keys] == ["a-random-key"]


@pytest.mark.parametrize(
    ("feed", "website", "expected", "domain"),
    [
        (FEED, "http://blog.example.net/", "https://blog.example.net", "blog.example.net"),
        (FEED, "nonsense", "https://www.blog.example.org", "blog.example.org"),
        ("http://127.0.0.1:8000/feed/", None, "http://127.0.0.1:8000", "example.org"),
        ("http://[::1]:8000/feed/", None, "http://[::1]:8000", "example.org"),
        ("http://localhost:8000/feed/", None, "http://localhost:8000", "example.org"),
        ("https://a.example.org/blog/?feed=atom", None, "https://a.example.org", "a.example.org"),
        (FEED, "https://a.example.org/blog/", "https://a.example.org/blog", "a.example.org"),
        (FEED, "http://a.example.org:80/", "https://a.example.org", "a.example.org"),
    ],
)
def test_addresses_are_guessed_from_feed_and_website(
    feed: str, website: str | None, expected: str, domain: str
) -> None:
    found = start(feed=feed, website=website, title="")
    assert found.website == expected
    assert found.sender.endswith(f"<news@{domain}>")
    assert found.public_url == f"https://news.{domain}"
    assert found.title == f"News from {domain}"


@given(
    title=st.text(max_size=30),
    website=st.none() | st.text(max_size=30) | st.just("https://{x}.org"),
    language=st.none() | st.text(max_size=6) | st.sampled_from(["en_GB", "de", ""]),
)
def test_whatever_the_feed_says_the_file_loads(
    title: str, website: str | None, language: str | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = start(title=title, website=website, language=language)
    settings = loaded(tmp_path_factory.getbasetemp(), settings_text(found))
    assert settings.newsletter.title == found.title
    assert settings.newsletter.website == found.website


def _names(table: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if isinstance(table, list) and table and isinstance(table[0], dict):
        return [name for item in table for name in _names(item, path)]
    if isinstance(table, dict):
        return [name for key, value in table.items() for name in _names(value, (*path, key))]
    return [path]
