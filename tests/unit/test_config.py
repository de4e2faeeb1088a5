"""Settings are read from file, environment and `.env`, checked, and keep their secrets."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import time
from pathlib import Path

import pytest

from newsletter.config import Settings, load
from newsletter.errors import SettingsError

SMALLEST = """\
[newsletter]
title = "Letters"
sender = "Jane Doe <news@Example.org>"
website = "https://blog.example.org/"
public_url = "https://news.example.org/"
[[feeds]]
url = "https://blog.example.org/feed/atom/"
"""


def loaded(
    folder: Path, more: str = "", environ: Mapping[str, str] | None = None, text: str = SMALLEST
) -> Settings:
    file = folder / "newsletter.toml"
    file.write_text(text + more, encoding="utf-8")
    return load(file, environ or {})


def test_the_smallest_file_gets_the_defaults(tmp_path: Path) -> None:
    settings = loaded(tmp_path)
    assert settings.delivery.transport == "outbox"
    assert (settings.schedule.every, settings.schedule.on) == ("week", "thursday")
    assert (settings.fuse.max_items, settings.fuse.max_share) == (20, 0.5)
    assert (settings.delivery.batch_size, settings.delivery.undo_minutes) == (1000, 30)
    assert settings.newsletter.postal_address == ""
    assert settings.topics == ()
    assert settings.secrets.keys == ()


def test_paths_begin_at_the_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded(tmp_path)
    monkeypatch.chdir(tmp_path)
    settings = load(Path("newsletter.toml"), {})
    assert settings.path == tmp_path / "newsletter.toml"
    assert settings.outbox_path() == tmp_path / "outbox"
    assert settings.store_url() == f"sqlite:///{(tmp_path / 'newsletter.db').as_posix()}"
    assert settings.templates_path() == tmp_path / "templates"


def test_an_absolute_database_file_and_a_server_stay_as_they_are(tmp_path: Path) -> None:
    file = (tmp_path / "other" / "x.db").as_posix()
    for url in (f"sqlite:///{file}", "postgresql://me@db.example.org/news"):
        assert loaded(tmp_path, f'[store]\nurl = "{url}"\n').store_url() == url


def test_addresses_are_settled(tmp_path: Path) -> None:
    newsletter = loaded(tmp_path).newsletter
    assert (newsletter.sender_name, newsletter.sender_address) == ("Jane Doe", "news@example.org")
    assert newsletter.reply_address == "news@example.org"
    assert newsletter.website == "https://blog.example.org"
    assert newsletter.public_url == "https://news.example.org"


def test_a_sender_may_have_a_comma_or_no_name(tmp_path: Path) -> None:
    for written, name in (("Doe, Jane <n@a.org>", "Doe, Jane"), ("n@a.org", "")):
        text = SMALLEST.replace("Jane Doe <news@Example.org>", written)
        newsletter = loaded(tmp_path, text=text).newsletter
        assert (newsletter.sender_name, newsletter.sender_address) == (name, "n@a.org")


@pytest.mark.parametrize(
    ("language", "direction"),
    [("en-GB", "ltr"), ("ar", "rtl"), ("he-IL", "rtl"), ("ur", "rtl"), ("az-Arab", "rtl"),
     ("ar-Latn", "ltr"), ("fa", "rtl"), ("de", "ltr"), ("fr-CA", "ltr")],
)  # fmt: skip
def test_the_language_tells_the_direction(tmp_path: Path, language: str, direction: str) -> None:
    environ = {"NEWSLETTER_NEWSLETTER__LANGUAGE": language}
    assert loaded(tmp_path, environ=environ).newsletter.direction == direction


@pytest.mark.parametrize(
    ("schedule", "weekday", "month_day"),
    [('every = "week"', 3, None), ('every = "week"\non = "Monday"', 0, None),
     ('every = "month"', None, 1), ('every = "month"\non = 31', None, 31),
     ('every = "month"\non = "last"', None, 31), ('every = "month"\non = "5"', None, 5),
     ('every = "day"', None, None), ('every = "day"\non = "thursday"', None, None)],
)  # fmt: skip
def test_the_day_fits_the_period(
    tmp_path: Path, schedule: str, weekday: int | None, month_day: int | None
) -> None:
    found = loaded(tmp_path, f"[schedule]\n{schedule}\n").schedule
    assert (found.weekday, found.month_day) == (weekday, month_day)


@pytest.mark.parametrize("at", ['"09:53"', '"9:53"', "09:53:00"])
def test_the_time_may_be_text_or_a_time_of_toml(tmp_path: Path, at: str) -> None:
    assert loaded(tmp_path, f"[schedule]\nat = {at}\n").schedule.at == time(9, 53)


def test_topics_have_categories_or_a_pattern(tmp_path: Path) -> None:
    topics = loaded(
        tmp_path,
        '[[topics]]\nkey = "trials"\ntitle = "Trials"\ncategories = ["Clinical Trials"]\n'
        '[[topics]]\nkey = "living-well"\ntitle = "Living"\ntitle_pattern = "(?i)diet|sleep"\n',
    ).topics
    assert topics[0].categories == ("Clinical Trials",)
    assert topics[1].title_pattern == "(?i)diet|sleep"


def test_the_environment_goes_before_dotenv_and_dotenv_before_the_file(tmp_path: Path) -> None:
    more = "[delivery]\nconcurrency = 2\nbatch_size = 3\nundo_minutes = 40\n"
    (tmp_path / ".env").write_text(
        "NEWSLETTER_DELIVERY__CONCURRENCY=5\nNEWSLETTER_DELIVERY__BATCH_SIZE=6\n"
    )
    environ = {"NEWSLETTER_DELIVERY__CONCURRENCY": "7"}
    delivery = loaded(tmp_path, more, environ).delivery
    assert (delivery.concurrency, delivery.batch_size, delivery.undo_minutes) == (7, 6, 40)


def test_every_kind_of_value_can_come_from_the_environment(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        environ={
            "NEWSLETTER_NEWSLETTER__TITLE": "5",
            "NEWSLETTER_DELIVERY__TRANSPORT": "smtp",
            "NEWSLETTER_DELIVERY__PER_SECOND": "2.5",
            "NEWSLETTER_DELIVERY__SMTP__PORT": "2525",
            "NEWSLETTER_SCHEDULE__EVERY": "month",
            "NEWSLETTER_SCHEDULE__ON": "15",
            "NEWSLETTER_SCHEDULE__AT": "07:05",
            "NEWSLETTER_FEEDS": '[{"url": "https://other.example.org/feed/"}]',
            "NEWSLETTER_FUSE": '{"max_items": 9}',
        },
    )
    assert settings.newsletter.title == "5"
    assert settings.delivery.transport == "smtp"
    assert (settings.delivery.per_second, settings.delivery.smtp.port) == (2.5, 2525)
    assert (settings.schedule.month_day, settings.schedule.at) == (15, time(7, 5))
    assert settings.feeds[0].url == "https://other.example.org/feed/"
    assert settings.fuse.max_items == 9


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SENDGRID_API_KEY=from-the-file\n")
    environ = {"NEWSLETTER_DELIVERY__BATCH_SIZE": "", "SENDGRID_API_KEY": ""}
    settings = loaded(tmp_path, environ=environ)
    assert settings.delivery.batch_size == 1000
    assert settings.secrets.sendgrid_api_key is not None
    assert settings.secrets.sendgrid_api_key.get_secret_value() == "from-the-file"


def test_variables_of_others_are_none_of_our_business(tmp_path: Path) -> None:
    environ = {"NEWSLETTER_NOW": "2026-11-09T08:00Z", "NEWSLETTER_PORT": "80", "PATH": "/bin"}
    assert loaded(tmp_path, environ=environ).newsletter.title == "Letters"


SECRET = {
    "NEWSLETTER_SECRET_KEY": "first-secret, second-secret",
    "SENDGRID_API_KEY": "third-secret",
    "NEWSLETTER_SMTP_PASSWORD": "fourth-${HOME}-secret",
    "SENDGRID_WEBHOOK_PUBLIC_KEY": "fifth-secret",
}


@pytest.mark.parametrize("dotenv", [False, True])
def test_secrets_come_from_the_environment_or_dotenv(tmp_path: Path, dotenv: bool) -> None:
    if dotenv:
        lines = [f"{name}={value}\n" for name, value in SECRET.items()]
        (tmp_path / ".env").write_text("\ufeff# secrets\n" + "".join(lines), encoding="utf-8")
    secrets = loaded(tmp_path, environ={} if dotenv else SECRET).secrets
    assert [key.get_secret_value() for key in secrets.keys] == ["first-secret", "second-secret"]
    assert secrets.sendgrid_api_key
    assert secrets.smtp_password
    assert secrets.sendgrid_api_key.get_secret_value() == "third-secret"
    assert secrets.smtp_password.get_secret_value() == "fourth-${HOME}-secret"
    assert secrets.sendgrid_webhook_public_key is not None


def test_secrets_never_show_themselves(tmp_path: Path) -> None:
    url = '[store]\nurl = "postgresql://me:sixth-secret@db.example.org/news"\n'
    url += '[[feeds]]\nurl = "https://me:sixth-secret@blog.example.org/feed/"\n'
    settings = loaded(tmp_path, url, SECRET)
    assert "sixth-secret" in settings.store_url()
    shown = [
        str(settings),
        repr(settings),
        repr(settings.secrets),
        repr(settings.store),
        repr(settings.feeds),
    ]
    shown += [str(settings.secrets), settings.secrets.model_dump_json(), f"{settings.store}"]
    assert not [text for text in shown if "-secret" in text]


def test_settings_are_frozen(tmp_path: Path) -> None:
    settings = loaded(tmp_path, environ=SECRET)
    for holder, name in (
        (settings, "feeds"),
        (settings.newsletter, "title"),
        (settings.secrets, "keys"),
        (settings.feeds[0], "url"),
    ):
        with pytest.raises(ValueError, match="frozen"):
            setattr(holder, name, ())


def test_a_copy_knows_its_folder_too(tmp_path: Path) -> None:
    settings = loaded(tmp_path, environ=SECRET)
    other = copy.deepcopy(settings)
    assert other == settings
    assert other.folder == tmp_path


def test_a_file_that_is_not_there_leads_to_init(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path / "newsletter.toml", {})
    assert "newsletter.toml" in caught.value.message
    assert "newsletter init" in caught.value.mend
    assert "--config" in caught.value.mend
    assert caught.value.exit_code == 2


def test_a_folder_is_no_settings_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path, {})
