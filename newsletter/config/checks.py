"""Whether one setting's value makes sense: addresses, URLs, time zones, days, times, patterns.

Each check gives the value in its settled form, or raises Wrong with what is wrong about it.
"""

from __future__ import annotations

import re
from datetime import time
from ipaddress import ip_address
from itertools import pairwise
from urllib.parse import SplitResult, urlsplit

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""In the order of `datetime.weekday`, so that Monday is 0."""

_HOST = re.compile(r"[\w-]+(\.[\w-]+)*\.?|[0-9a-f:.]*:[0-9a-f:.]*(%\w+)?")
_URL_SECRET = re.compile(r"([A-Za-z][\w+.-]*://)?.*:.*@")
_QUERY_SECRET = re.compile(r"(pass\w*|\w*password|\w*key|\w*token|\w*secret)=[^&]*", re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_MAILBOX = re.compile(
    r"""(?:"(?P<quoted>)|)(?P<name>[^"<>]*)(?(quoted)")\s*<(?P<address>[^<>\s]+)>"""
    r"|(?P<alone>[^<>\s,;]+)"
)
_COLOUR = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_RIGHT_TO_LEFT = frozenset(
    ("ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "nqo", "ps", "sd", "syr", "ug", "ur", "yi")
)
_RIGHT_TO_LEFT_SCRIPTS = frozenset(("adlm", "arab", "hebr", "nkoo", "rohg", "syrc", "thaa"))


class Wrong(ValueError):
    """A value that does not fit: what is wrong about it, and perhaps what was meant."""

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


def nearest(word: str, known: list[str]) -> str:
    """The known word that was probably meant, or nothing."""
    from difflib import get_close_matches

    folded = {candidate.lower(): candidate for candidate in known}
    found = get_close_matches(word.lower(), list(folded), n=1, cutoff=0.6)
    if found:
        return folded[found[0]]
    return next((known for low, known in folded.items() if low.startswith(word.lower())), "")


def did_you_mean(word: str, known: list[str]) -> str:
    """A question for the reader, or nothing when no known word is near."""
    meant = nearest(word, known) if word else ""
    return f"Did you mean {meant}?" if meant else ""


def shown(value: str) -> str:
    """A value as a message shows it: short, on one line, without passwords."""
    flat = masked(_CONTROL.sub(" ", value))
    return f'"{flat[:57]}…"' if len(flat) > 60 else f'"{flat}"'


def masked(value: str) -> str:
    """A value without what may be a password in it: in front of an @, or in the query of a URL."""
    return _QUERY_SECRET.sub(r"\1=…", _URL_SECRET.sub(r"\1…@", value))


def one_line(value: str) -> str:
    """Text for a heading or a mail header: no line breaks, which would let headers be added."""
    if _CONTROL.search(value):
        raise Wrong("has a line break or another control character in it")
    if not value.strip():
        raise Wrong("is empty")
    return value.strip()


def mailbox(value: str) -> tuple[str, str]:
    """`Name <address>` or an address alone, as (name, normalised address)."""
    from subscribers.address import normalise
    from subscribers.errors import AddressError

    match = _MAILBOX.fullmatch(one_line(value))
    if not match:
        raise Wrong(f"{shown(value)} cannot be read as a name with an e-mail address")
    try:
        return (match["name"] or "").strip(), normalise(match["address"] or match["alone"])
    except AddressError:
        raise Wrong(f"{shown(value)} is not an address mail can be sent to") from None


def sender_line(value: str) -> str:
    """A mailbox as one text again, its address normalised."""
    name, address = mailbox(value)
    return f"{name} <{address}>" if name else address


def web_address(value: str, *, schemes: tuple[str, ...] = ("http", "https")) -> str:
    """A complete web address with a host, as it was written."""
    value = value.strip()
    parts = _split(value)
    if parts.scheme.lower() not in schemes:
        given = f"starts with {parts.scheme}:" if parts.scheme else "does not start with https://"
        hint = f"Did you mean https://{value}?" if _looks_like_host(value) else ""
        raise Wrong(f"{shown(value)} {given}", hint)
    if not _HOST.fullmatch(parts.hostname or "") or re.search(r"[\s<>\"]", value):
        raise Wrong(f"{shown(value)} is not a complete web address")
    return value


def secure_address(value: str) -> str:
    """A web address that is https, or on this machine for trying; without a last slash."""
    value = web_address(value)
    parts = _split(value)
    if parts.scheme.lower() == "http" and not is_loopback(parts.hostname or ""):
        raise Wrong(f"{shown(value)} is not https", f"Did you mean https{value[4:]}?")
    if parts.username is not None or parts.password is not None:
        raise Wrong(f"{shown(value)} has a user name or password in it")
    return value.rstrip("/")


def root_address(value: str) -> str:
    """A secure address that paths can be put behind: without `?…` and `#…`."""
    value = secure_address(value)
    if "?" in value or "#" in value:
        raise Wrong(f"{shown(value)} has a ? or # in it")
    if not value.isascii():  # it stands in headers and in links as it is
        raise Wrong(f"{shown(value)} has letters that no web address has; write it as xn--…")
    return value


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself (RFC 6761 §6.3, RFC 1122 §3.2.1.3)."""
    if host.lower().rstrip(".") == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _split(value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        raise Wrong(f"{shown(value)} is not a web address ({error})") from None
    return parts


def _looks_like_host(value: str) -> bool:
    return "://" not in value and re.match(r"[\w-]+(\.[\w-]+)+", value) is not None


def store_address(value: str) -> str:
    """`sqlite:///file` or `postgresql://…`, by which the database is found."""
    scheme, separator, rest = value.strip().partition("://")
    family = scheme.partition("+")[0]
    if not separator or family not in ("sqlite", "postgresql"):
        hint = "Did you mean postgresql://…?" if family in ("postgres", "psql", "pg") else ""
        raise Wrong(f"{shown(value)} is not a database this program knows", hint)
    if family == "sqlite":
        file = rest.partition("?")[0].removeprefix("/")
        if not rest.startswith("/") or file in ("", ":memory:"):
            raise Wrong(f"{shown(value)} names no file, so nothing would be remembered")
    return value.strip()


def time_zone(value: str) -> str:
    """A name of the IANA time zone database."""
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        hint = did_you_mean(value, sorted(available_timezones()))
        raise Wrong(f"{shown(value)} is not a known time zone", hint) from None
    return value


def language(value: str) -> str:
    """A language tag (BCP 47), such as `en-GB`."""
    if not _LANGUAGE.fullmatch(value):
        other = value.replace("_", "-").partition(".")[0]
        hint = f"Did you mean {other}?" if _LANGUAGE.fullmatch(other) else ""
        raise Wrong(f"{shown(value)} is not a language tag", hint)
    return value


def direction(tag: str) -> str:
    """`rtl` when the language (or the script its tag names) runs from right to left, else `ltr`."""
    first, *others = tag.lower().split("-")
    scripts = [part for part in others if len(part) == 4 and part.isalpha()]
    if scripts:
        return "rtl" if scripts[0] in _RIGHT_TO_LEFT_SCRIPTS else "ltr"
    return "rtl" if first in _RIGHT_TO_LEFT else "ltr"


def clock_time(value: object) -> time:
    """A time of day, `09:53`; TOML's own times are taken too."""
    if isinstance(value, time):
        if value.second or value.microsecond or value.tzinfo:
            raise Wrong(f'"{value.isoformat()}" is more exact than the minute')
        return value
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        text = shown(value) if isinstance(value, str) else repr(value)
        raise Wrong(f"{text} is not a time of day")
    return time(int(match[1]), int(match[2]))


def day_of_period(value: object, every: str | None) -> int | str:
    """The day that fits `every`: a weekday, or 1 to 31 or `last`; nothing for every day.

    `every` is None when it is wrong itself; then nothing more can be said about the day.
    """
    plain = value.strip().lower() if isinstance(value, str) else value
    if every == "day" or every is None:
        return ""
    if every == "week":
        return _weekday("thursday" if plain == "" else plain)
    return _month_day(1 if plain == "" else plain)


def _weekday(value: object) -> str:
    if isinstance(value, str) and value in WEEKDAYS:
        return value
    hint = did_you_mean(value, list(WEEKDAYS)) if isinstance(value, str) else ""
    raise Wrong(f'{value!r} does not fit every = "week"'.replace("'", '"'), hint)


def _month_day(value: object) -> int | str:
    if value == "last":
        return "last"
    number = int(value) if isinstance(value, str) and value.isdecimal() else value
    if isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= 31:
        return number
    raise Wrong(f'{value!r} does not fit every = "month"'.replace("'", '"'))


def undo_window(value: int) -> int:
    """Minutes to take a send back: none, or what the provider's schedule can hold."""
    if value != 0 and not 20 <= value <= 4000:
        raise Wrong(f"{value} is not among them")
    return value


def warmup_plan(value: tuple[int, ...]) -> tuple[int, ...]:
    """People on each of the first days: some each day, and not fewer than before but on the last.

    Fewer in the middle are a slip of the keyboard, such as 200 for 2000.
    """
    for before, after in pairwise(value[:-1]):
        if after < before:
            raise Wrong(f"{after} comes after {before}")
    none = [people for people in value if people < 1]
    if none:
        raise Wrong(f"{none[0]} is in it")
    return value


def colour(value: str) -> str:
    """A colour as `#rrggbb`; the short form `#rgb` is written out."""
    plain = value.strip().lower()
    if not _COLOUR.fullmatch(plain):
        hint = f"Did you mean #{plain}?" if _COLOUR.fullmatch(f"#{plain}") else ""
        raise Wrong(f"{shown(value)} is not a colour", hint)
    return plain if len(plain) == 7 else "#" + "".join(digit * 2 for digit in plain[1:])


def folder(value: str) -> str:
    """The path of a folder."""
    if not value.strip() or _CONTROL.search(value):
        raise Wrong(f"{shown(value)} is not a path")
    return value.strip()


def pattern(value: str) -> str:
    """A regular expression of Python's `re`."""
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError) as error:
        raise Wrong(f"{shown(value)} is not a regular expression ({error})") from None
    return value
