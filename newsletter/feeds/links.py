"""Addresses in a post: made absolute, freed of tracking, and turned from embeds into pages."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qsl, urljoin, urlsplit

from newsletter.model.tracking import without_tracking

_SCHEMES = ("http", "https", "mailto")
_BLANKS = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ufffe\uffff]+")
_YOUTUBE = re.compile(
    r"(?i)^(?:www\.)?(?:youtube(?:-nocookie)?\.com/(?:embed|v|shorts)/|youtu\.be/)([\w-]{6,})"
)
_VIMEO = re.compile(r"(?i)^player\.vimeo\.com/video/(\d+)")
_WIDGETS = re.compile(
    r"(?i)^(?:www\.)?(?:facebook\.com/plugins/(?:like|page|share)|platform\.twitter\.com/widgets"
    r"|widgets\.wp\.com|jetpack\.wordpress\.com|googletagmanager\.com|apis\.google\.com)"
)
_PIXEL_HOSTS = re.compile(
    r"(?i)^(?:(?:stats|pixel)\.(?:wp|wordpress)\.com|feeds\.wordpress\.com"
    r"|feeds?\d*\.(?:feedburner|feedblitz|feedsportal)\.com|(?:www\.)?google-analytics\.com"
    r"|(?:[\w.-]+\.)?doubleclick\.net|pixel\.quantserve\.com|b\.scorecardresearch\.com"
    r"|(?:www\.)?facebook\.com/tr\b|medium\.com/_/stat)"
)
_AVATARS = re.compile(r"(?i)^(?:[\w-]+\.)?gravatar\.com/(?:avatar|blavatar)")
_EMOJI = re.compile(
    r"(?i)^(?:s\.w\.org/images/core/emoji|s\d?\.wp\.com/(?:wp-content/mu-plugins/)?wpcom-smileys)"
)


def split(address: str) -> SplitResult | None:
    """The parts of an address, or None where it is none at all (RFC 3986)."""
    try:
        parts = urlsplit(address)
        _ = parts.port  # an impossible port raises only when read
    except ValueError:
        return None
    return parts


def absolute(address: str | None, base_url: str) -> str | None:
    """The address as a reader can follow it: absolute, http(s) or mailto, without tracking.

    None where nothing useful is left: another scheme, a mere `#fragment`, a broken address.
    """
    bare = _BLANKS.sub("", address or "")
    if not bare or bare.startswith("#"):
        return None
    try:
        joined = urljoin(base_url, bare)
    except ValueError:
        return None
    parts = split(joined)
    if parts is None or parts.scheme not in _SCHEMES:
        return None
    if parts.scheme == "mailto":
        return joined if "@" in parts.path else None
    return without_tracking(joined) if parts.netloc else None


def _host_and_path(address: str) -> str:
    parts = split(address)
    return "" if parts is None else f"{parts.netloc.lower()}{parts.path}"


def page_of_embed(address: str) -> str | None:
    """The page that shows what an embed shows; None for a widget without a page of its own."""
    place = _host_and_path(address)
    if _WIDGETS.match(place):
        return None
    if found := _YOUTUBE.match(place):
        return f"https://www.youtube.com/watch?v={found[1]}"
    if found := _VIMEO.match(place):
        return f"https://vimeo.com/{found[1]}"
    return address


def label_of_embed(page: str, kind: str, title: str) -> str:
    """What the link to an embed says; `kind` is the element or shortcode it came from."""
    place = _host_and_path(page)
    if kind in ("audio", "playlist"):
        what = "Listen to the audio"
    elif kind in ("video", "youtube", "vimeo", "wpvideo") or re.match(
        r"(?:www\.)?(?:youtube\.com|youtu\.be|vimeo\.com)/", place
    ):
        what = "Watch the video"
    else:
        what = f"Open the embedded page at {place.partition('/')[0]}"
    return f"{what}: {title}" if title else what


def is_pixel(address: str) -> bool:
    """Whether a picture only counts readers."""
    return _PIXEL_HOSTS.match(_host_and_path(address)) is not None


def is_avatar(address: str) -> bool:
    """Whether a picture is the face of an author or commenter."""
    return _AVATARS.match(_host_and_path(address)) is not None


def is_emoji(address: str) -> bool:
    """Whether a picture stands for a character (WordPress swaps emoji for pictures in feeds)."""
    return _EMOJI.match(_host_and_path(address)) is not None


def query_number(address: str | None, name: str) -> int | None:
    """The whole number in a query parameter, as in `?p=17905`."""
    parts = split(address or "")
    if parts is None:
        return None
    try:
        pairs = parse_qsl(parts.query, max_num_fields=50)
    except ValueError:
        return None
    found = next((value for key, value in pairs if key == name), "")
    return int(found) if re.fullmatch(r"[0-9]{1,15}", found) else None
