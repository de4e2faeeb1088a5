"""Everything that is wrong with the settings is said at once, where it is, and without secrets."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.config import load
from newsletter.config.shape import all_settings, expectation
from newsletter.errors import SettingsError
from tests.unit.test_config import SMALLEST
from tests.unit.test_config_lines import VALUES, written

MANY = """\
[newsletter]
title = 5
sender = "Jane Doe news@example.org"
website = "http://example.org"
timezone = "Europe/Lodnon"
language = "en_GB"
publik_url = "https://news.example.org"
transport = "smtp"

[[feeds]]
url = "example.org/feed"
[[feeds]]
url = "example.org/feed"
[[topics]]
key = "Clinical Trials"
title = "Trials"
title_pattern = "("
[schedule]
every = "week"
on = "wensday"
at = "25:00"
grace_hours = "many"
[delivery]
transport = "sendgird"
undo_minutes = 10
batch_size = true
unsubscribe = "sendgrid"
[delivery.sendgrid]
base_url = 5
[store]
url = "mysql://me:hidden@db/news"
[notify]
to = "nobody"
"""

LINES = {
    "line 2, newsletter.title": "the number 5",
    "line 3, newsletter.sender": "such as Jane Doe <news@example.org>",
    "line 4, newsletter.website": "Did you mean https://example.org?",
    "line 5, newsletter.timezone": "Did you mean Europe/London?",
    "line 6, newsletter.language": "Did you mean en-GB?",
    "line 7, newsletter.publik_url": "Did you mean public_url?",
    "line 8, newsletter.transport": "Did you mean delivery.transport?",
    "line 11, feeds[1].url": "Did you mean https://example.org/feed?",
    "line 13, feeds[2].url": "same as that of feeds[1]",
    "line 15, topics[1].key": "small letters",
    "line 17, topics[1].title_pattern": "not a regular expression",
    "line 20, schedule.on": "Did you mean wednesday?",
    "line 21, schedule.at": "not a time of day",
    "line 22, schedule.grace_hours": "from 0 to 744",
    "line 24, delivery.transport": '"outbox", "smtp" or "sendgrid"',
    "line 25, delivery.undo_minutes": "20 to 4000",
    "line 26, delivery.batch_size": "from 1 to 1000",
    "line 27, delivery.unsubscribe": "only with delivery.transport",
    "line 29, delivery.sendgrid.base_url": "the number 5",
    "line 31, store.url": "sqlite:///newsletter.db",
    "line 33, notify.to": "not an address",
    "environment, NEWSLETTER_DELIVERY__PER_SECOND": "a number above 0",
    "environment, NEWSLETTER_DELIVERY__TRANSPRT": "NEWSLETTER_DELIVERY__TRANSPORT?",
    ".env, NEWSLETTER_PRIVACY__RETENTION_DAYS": "from 1 to 3650",
}


def refused(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> SettingsError:
    file = folder / "newsletter.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(file, environ or {})
    return caught.value


def test_all_faults_are_told_at_once_each_with_its_place(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("NEWSLETTER_PRIVACY__RETENTION_DAYS=0\n")
    environ = {
        "NEWSLETTER_DELIVERY__PER_SECOND": "many",
        "NEWSLETTER_DELIVERY__TRANSPRT": "smtp",
    }
    error = refused(tmp_path, MANY, environ)
    told = [line.removeprefix("  - ") for line in error.message.splitlines()[1:]]
    for place, words in LINES.items():
        assert [line for line in told if line.startswith(f"{place}: ") and words in line], place
    assert {line.partition(": ")[0] for line in told} == set(LINES)
    assert "hidden" not in error.message


def test_a_single_fault_is_one_line(tmp_path: Path) -> None:
    error = refused(tmp_path, SMALLEST + "[fuse]\nmax_items = 0\n")
    assert "\n" not in error.message
    assert "newsletter.toml, line 9, fuse.max_items: the number 0" in error.message
    assert error.mend


def test_a_fault_of_the_environment_does_not_blame_the_file(tmp_path: Path) -> None:
    message = refused(tmp_path, SMALLEST, {"NEWSLETTER_FUSE__MAX_ITEMS": "0"}).message
    assert "newsletter.toml" not in message
    assert "wrong. environment, NEWSLETTER_FUSE__MAX_ITEMS: the number 0" in message


def test_nothing_at_all_says_what_is_required(tmp_path: Path) -> None:
    message = refused(tmp_path, "").message
    for name in ("newsletter.title", "newsletter.sender", "newsletter.website", "feeds"):
        assert f"{name}: is missing" in message
    assert "newsletter.public_url: is missing" in message


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("[delivery]\nundo_minutes = 19\n", "line 9, delivery.undo_minutes: 19"),
        ('[web]\ntrusted_proxies = ["*"]\n', '"*" is neither an address nor a network'),
        ('[web]\ntrusted_proxies = ["10.0.0.1/8"]\n', "Did you mean 10.0.0.0/8?"),
        ('[web]\ntrusted_proxies = ["proxy.example"]\n', "line 9, web.trusted_proxies"),
        ("[delivery]\nundo_minutes = 4001\n", "line 9, delivery.undo_minutes: 4001"),
        (
            '[delivery]\ntransport = "smtp"\nunsubscribe = "sendgrid"\n',
            "line 10, delivery.unsubscribe",
        ),
        ('[[feeds]]\nurl = "https://blog.example.org/feed/atom/"\n', "line 9, feeds[2].url"),
        ('[[topics]]\nkey = "a"\ntitle = "A"\n', "line 8, topics[1]: no post can belong"),
        ('[schedule]\nevery = "month"\non = "thursday"\n', "line 10, schedule.on"),
        ('[schedule]\nevery = "month"\non = 32\n', "line 10, schedule.on"),
        ('[schedule]\nevery = "week"\non = 3\n', "line 10, schedule.on"),
        ('[schedule]\nat = "9.53"\n', "line 9, schedule.at"),
        ("[schedule]\nat = 09:53:10\n", "line 9, schedule.at"),
        ('[store]\nurl = "sqlite://"\n', "names no file"),
        ('[store]\nurl = "sqlite:///:memory:"\n', "names no file"),
        ('[store]\nurl = "postgres://me@db/news"\n', "Did you mean postgresql://"),
        ('[delivery]\nbatch_size = "1000"\n', "line 9, delivery.batch_size: the text"),
        ("[delivery]\noutbox = 1\n", "line 9, delivery.outbox: the number 1"),
        ("delivery = 3\n", "delivery"),
        ("[[delivery]]\n", "line 8, delivery: a list does not fit; expected a section"),
        ('[delivry]\ntransport = "smtp"\n', "line 8, delivry: there is no such setting. Did you"),
        ("[delivery.sendgrid]\nbase_url = 'http://api.example.org'\n", "is not https"),
        ("[delivery.sendgrid]\nbase_url = 'https://a.org/?x=1'\n", "has a ? or # in it"),
        ("[delivery.sendgrid]\nbase_url = 'https://bücher.org'\n", "write it as xn--"),
        (
            '[delivery.smtp]\nhost = "mail.example.org"\nsecurity = "none"\n',
            'line 10, delivery.smtp.security: "none" works only with a mail server on this',
        ),
        ('[delivery.smtp]\nsecurity = "ssl"\n', '"auto", "starttls", "tls" or "none"'),
        ('[delivery.smtp]\nuser = "a\\nb"\n', "line 9, delivery.smtp.user: has a line break"),
        ("[delivery.smtp]\nport = 0\n", "line 9, delivery.smtp.port"),
        ("[delivery.smtp]\ntimeout_seconds = 0.5\n", "line 9, delivery.smtp.timeout_seconds"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(tmp_path: Path, more: str, words: str) -> None:
    assert words in refused(tmp_path, SMALLEST + more).message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("https://news.example.org/", "http://127.0.0.1:8000"),
        ("https://news.example.org/", "http://localhost:8000/news"),
        ("https://blog.example.org/", "http://[::1]/"),
    ],
)
def test_this_machine_needs_no_https(tmp_path: Path, old: str, new: str) -> None:
    (tmp_path / "newsletter.toml").write_text(SMALLEST.replace(f'"{old}"', f'"{new}"'))
    settings = load(tmp_path / "newsletter.toml", {})
    assert new.rstrip("/") in (settings.newsletter.website, settings.newsletter.public_url)


@pytest.mark.parametrize(
    "sender",
    ["Jane", "a@b.org, c@d.org", "Jane <a@b>", "<>", "", r"Jane\nBcc: x@y.org <a@b.org>",
     "Jane <a@b.org> Joe <c@d.org>"],
)  # fmt: skip
def test_a_sender_is_one_mailbox_on_one_line(tmp_path: Path, sender: str) -> None:
    text = SMALLEST.replace("Jane Doe <news@Example.org>", sender)
    assert "line 3, newsletter.sender" in refused(tmp_path, text).message


@pytest.mark.parametrize(
    "zone", ["", "Europe", "/etc/passwd", "../UTC", "Mars/Olympus", "europe/londonx", "a\\u0000b"]
)
def test_a_time_zone_is_one_of_the_known(tmp_path: Path, zone: str) -> None:
    text = SMALLEST.replace("[newsletter]", f'[newsletter]\ntimezone = "{zone}"')
    assert "line 2, newsletter.timezone" in refused(tmp_path, text).message


def test_without_own_pages_no_public_url_is_needed(tmp_path: Path) -> None:
    text = SMALLEST.replace('public_url = "https://news.example.org/"\n', "")
    text += '[delivery]\ntransport = "sendgrid"\nunsubscribe = "sendgrid"\n'
    (tmp_path / "newsletter.toml").write_text(text)
    assert load(tmp_path / "newsletter.toml", {}).newsletter.public_url == ""


def test_lists_come_from_the_environment_as_a_whole(tmp_path: Path) -> None:
    environ = {"NEWSLETTER_FEEDS__0__URL": "https://a.org", "NEWSLETTER_TOPICS": "[{"}
    message = refused(tmp_path, SMALLEST, environ).message
    assert "NEWSLETTER_FEEDS__0__URL: lists are given as a whole. Set NEWSLETTER_FEEDS" in message
    assert "NEWSLETTER_TOPICS: is not JSON" in message


@pytest.mark.parametrize("value", ["many", "500, 1000", "[500,"])
def test_a_list_of_values_is_json_in_the_environment(tmp_path: Path, value: str) -> None:
    message = refused(tmp_path, SMALLEST, {"NEWSLETTER_DELIVERY__WARMUP": value}).message
    assert "environment, NEWSLETTER_DELIVERY__WARMUP: is not JSON, as lists" in message


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("[500, 0]", "line 9, delivery.warmup: 0 is in it"),
        ("[500, 1000, 200, 4000]", "line 9, delivery.warmup: 200 comes after 1000"),
        ("[500, 1000.0]", "line 9, delivery.warmup[2]: the number 1000.0"),
        ("[500, true]", "line 9, delivery.warmup[2]: true does not fit"),
        ("500", "line 9, delivery.warmup: the number 500"),
    ],
)
def test_a_plan_for_warming_up_is_people_for_each_day(
    tmp_path: Path, value: str, words: str
) -> None:
    message = refused(tmp_path, f"{SMALLEST}[delivery]\nwarmup = {value}\n").message
    assert words in message
    assert "expected a list of whole numbers from 1" in message


def test_a_plan_for_warming_up_comes_from_file_or_environment(tmp_path: Path) -> None:
    """Its last day may have fewer people than the one before: those who are left."""
    file = tmp_path / "newsletter.toml"
    file.write_text(f"{SMALLEST}[delivery]\nwarmup = [500, 1000, 501]\n")
    assert load(file, {}).delivery.warmup == (500, 1000, 501)
    assert load(file, {"NEWSLETTER_DELIVERY__WARMUP": "[7]"}).delivery.warmup == (7,)
    file.write_text(SMALLEST)
    assert load(file, {}).delivery.warmup == ()


@pytest.mark.parametrize(
    ("key", "variable"),
    [
        ("sendgrid_api_key", "SENDGRID_API_KEY"),
        ("api_key", "SENDGRID_API_KEY"),
        ("secret_key", "NEWSLETTER_SECRET_KEY"),
        ("password", "NEWSLETTER_SMTP_PASSWORD"),
        ("NEWSLETTER_SMTP_PASSWORD", "NEWSLETTER_SMTP_PASSWORD"),
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(
    tmp_path: Path, key: str, variable: str
) -> None:
    error = refused(tmp_path, f'{SMALLEST}[delivery]\n{key} = "hunter-two"\nbatch_size = 0\n')
    assert f"line 9, delivery.{key}: secrets are not read from this file" in error.message
    assert variable in error.message
    assert "line 10, delivery.batch_size" in error.message
    assert "hunter" not in str(error)


def test_a_sendgrid_key_is_recognised_under_any_name(tmp_path: Path) -> None:
    key = f"SG.{'x' * 22}.{'y' * 43}"
    error = refused(tmp_path, SMALLEST.replace('"Letters"', f'"{key}"'))
    assert "line 2, newsletter.title: secrets are not read" in error.message
    assert key not in str(error)


def test_no_foreign_error_stands_behind_ours(tmp_path: Path) -> None:
    """Even `--debug` prints no value that pydantic saw."""
    file = tmp_path / "newsletter.toml"
    file.write_text(SMALLEST + '[store]\nurl = "mysql://me:hidden@db/news"\n')
    with pytest.raises(SettingsError) as caught:
        load(file, {"NEWSLETTER_DELIVERY__BATCH_SIZE": "x"})
    text = "".join(traceback.format_exception(caught.value))
    assert "hidden" not in text
    assert "ValidationError" not in text


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a = 1\ntitle = My letters\n", "line 2, column 9", "quotation marks"),
        ("[newsletter]\ntitle “Letters”\n", "line 2, column 7", "printed one"),
        ("title = “Letters”\n", "line 1, column 9", "printed one"),
        ('title = "Letters\nx = 1\n', "line 1, column 17", "not closed"),
        ("a = 1\na = 2\n", "line 2, column 6", "written twice"),
        ("[a]\n[a]\n", "line 2, column 3", "written twice"),
        ("title\n", "line 1, column 6", "no ="),
        ("a = [1,\n", "line 1", "ends in the middle"),
        ('path = "C:\\Users"\n', "line 1, column 13", "backslash"),
        ('path = "C:\\my"\n', "line 1, column 13", "backslash"),
        ("a = 1 2\n", "line 1, column 7", "behind the value"),
        ("<html>\n", "line 1, column 1", "neither"),
        ('a = """x\n', "line 1", "not closed"),
    ],
)
def test_what_is_not_toml_is_told_in_plain_words(
    tmp_path: Path, text: str, place: str, words: str
) -> None:
    error = refused(tmp_path, text)
    assert f"{place}: " in error.message
    assert words in error.message
    assert "title = " in error.mend


def test_deep_lists_are_refused_like_any_other_fault(tmp_path: Path) -> None:
    assert "nested" in refused(tmp_path, "a = " + "[" * 5000 + "]" * 5000).message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (SMALLEST.encode("utf-16"), "UTF-16"),
        (b'[newsletter]\ntitle = "Caf\xe9"\n', "line 2: a character is not UTF-8"),
    ],
)
def test_other_encodings_are_named(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "newsletter.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=words):
        load(tmp_path / "newsletter.toml", {})


def test_the_mark_of_windows_editors_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "newsletter.toml").write_bytes(b"\xef\xbb\xbf" + SMALLEST.encode())
    assert load(tmp_path / "newsletter.toml", {}).newsletter.title == "Letters"


@pytest.mark.parametrize(
    "url",
    [
        "mysql://me:hidden@db/news",
        "mysql://me:hid/den@db/news",
        "mysql://me:x hidden@db",
        "postgres:me:hidden@db",
        "mysql://db/news?user=me&password=hidden",
        "https://db/feed?api_key=hidden",
    ],
)
def test_a_password_in_an_address_is_not_shown(tmp_path: Path, url: str) -> None:
    message = refused(tmp_path, f'{SMALLEST}[store]\nurl = "{url}"\n').message
    assert "line 9, store.url" in message
    assert "hidden" not in message
    assert "hid/den" not in message


def test_a_line_of_dotenv_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("\n# mine\nSENDGRID_API_KEY='hunter\n")
    error = refused(tmp_path, SMALLEST)
    assert ".env, line 3: " in error.message
    assert "hunter" not in str(error)


def test_a_dotenv_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("SENDGRID_API_KEY=hunter".encode("utf-16"))
    error = refused(tmp_path, SMALLEST)
    assert ".env" in error.message
    assert "hunter" not in str(error)


def test_every_setting_says_what_is_expected() -> None:
    assert not [path for path in all_settings() if expectation(path) == "something else"]


PLAIN = [path for path in all_settings() if path[0] not in ("feeds", "topics")]


@given(path=st.sampled_from(PLAIN), value=st.text(min_size=1, max_size=20))
def test_any_text_in_a_variable_is_taken_or_refused_in_words(
    path: tuple[str, ...], value: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_text(SMALLEST, encoding="utf-8")
    name = f"NEWSLETTER_{'__'.join(path).upper()}"
    told = ""
    try:
        load(file, {name: value})
    except SettingsError as error:
        told = error.message
    assert not told or name in told


@given(
    path=st.sampled_from([*all_settings(), ("feeds",), ("topics",), ("delivery",), ("nothing",)]),
    value=VALUES,
)
def test_any_value_in_the_file_is_taken_or_refused_in_words(
    path: tuple[str, ...], value: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_text(f"{'.'.join(path)} = {written(value)}\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(file, {})
    assert "newsletter.title" in caught.value.message
    assert path != ("nothing",) or "line 1, nothing" in caught.value.message
