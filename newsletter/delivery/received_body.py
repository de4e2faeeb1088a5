"""The body of a mail that was received: nothing counted, rewritten or added on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from html.parser import HTMLParser
from urllib.parse import urlsplit

from newsletter.model.remark import Remark, fine, problem, warning

CLIPPED = 102_400
"""Bytes of HTML from which on Gmail cuts a mail off."""

LARGE = 95_000
"""Bytes of HTML that the newsletter's own gate lets through."""

_TRACKERS = re.compile(
    r"//[^/]*\.ct\.sendgrid\.net/|//[^/]*list-manage\.com/track|//[^/]*mandrillapp\.com/track"
    r"|//[^/]*\.mailgun\.org/[co]/|//[^/]*\.awstrack\.me/|/wf/(?:open|click)\?|/ls/click\?"
    r"|/e3t/|/track/(?:open|click)|/open\.(?:gif|png|aspx)",
    re.IGNORECASE,
)
"""Addresses by which providers count opens and clicks; SendGrid's also under an own domain."""

_SIZE = re.compile(r"(?:^|;)\s*(?:max-)?(?:width|height)\s*:\s*[01](?:\.\d+)?(?:px)?\s*(?:;|$)")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")
_GAPS = re.compile(r"[\s\u200b-\u200f\u00ad\ufeff]+")
"""Spaces, line breaks and invisible characters, which mail programs change."""

_OFF = "Turn off open and click tracking in your provider's settings, also for the whole account."


@dataclass(slots=True)
class _Seen(HTMLParser):
    """What matters of the HTML: its links, its invisible pictures, and its text."""

    links: list[str] = field(default_factory=list)
    pixels: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    _silent: int = 0

    def __post_init__(self) -> None:
        HTMLParser.__init__(self, convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in ("a", "area"):
            self.links.append(values.get("href", ""))
        elif tag == "img" and _is_pixel(values):
            self.pixels.append(values.get("src", ""))
        elif tag in ("style", "title"):
            self._silent += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "title"):
            self._silent = max(self._silent - 1, 0)
        elif tag not in ("a", "b", "i", "em", "strong", "span"):
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)


def _is_pixel(values: dict[str, str]) -> bool:
    """A picture that nobody can see, or that is known to count."""
    sizes = (values.get(name, "").strip().removesuffix("px") for name in ("width", "height"))
    style = values.get("style", "")
    return (
        any(size in ("0", "1") for size in sizes)
        or bool(_SIZE.search(style) or _HIDDEN.search(style))
        or bool(_TRACKERS.search(values.get("src", "")))
    )


def examine(mail: Message, *, postal_address: str | None) -> Iterator[Remark]:
    """What the parts of a mail say; `postal_address` (None: unknown) is the last thing in ours."""
    html, text = _part(mail, "text/html"), _part(mail, "text/plain")
    yield from _parts(html, text)
    seen = _Seen()
    seen.feed(html)
    seen.close()
    yield _pixels(seen)
    yield _links(seen, text)
    yield _footer({"HTML": "".join(seen.words), "plain text": text}, postal_address)


def _part(mail: Message, kind: str) -> str:
    """The first part of a kind, decoded as far as it can be; empty if there is none."""
    for part in mail.walk():
        if part.get_content_type() == kind and part.get_filename() is None:
            raw = part.get_payload(decode=True)
            if isinstance(raw, bytes):
                return _decoded(raw.replace(b"\r\n", b"\n"), part.get_content_charset("utf-8"))
    return ""


def _decoded(raw: bytes, charset: str) -> str:
    try:
        return raw.decode(charset, "replace")
    except (LookupError, ValueError):
        return raw.decode("utf-8", "replace")


def _parts(html: str, text: str) -> Iterator[Remark]:
    missing = [name for name, part in (("HTML", html), ("plain text", text)) if not part.strip()]
    if missing:
        found = f"There is no part in {' and none in '.join(missing)}."
        mend = "Save the mail whole; if it came so, ask your provider."
        yield problem("parts", found, mend)
    else:
        yield fine("parts", "There are both parts, HTML and plain text.")
    size = len(html.encode())
    found = f"The HTML has {size:,} bytes."
    if size > CLIPPED:
        yield problem("size", f"{found} Gmail cuts it off.", "Leave posts out, or write less.")
    elif size > LARGE:
        mend = f"Stay under {LARGE:,}; see whether something was added on the way."
        yield warning("size", f"{found} Gmail cuts off from {CLIPPED:,} on.", mend)
    else:
        yield fine("size", found)


def _pixels(seen: _Seen) -> Remark:
    if not seen.pixels:
        return fine("pixel", "There is no picture that counts who opens the mail.")
    found = f"There are {len(seen.pixels)} invisible or counting pictures: {_hosts(seen.pixels)}."
    return problem("pixel", found, _OFF)


def _links(seen: _Seen, text: str) -> Remark:
    plain = _ADDRESS.findall(text)
    counted = [link for link in (*seen.links, *plain) if _TRACKERS.search(link)]
    if counted:
        found = f"{len(counted)} links go through somebody who counts: {_hosts(counted)}."
        return problem("links", found, _OFF)
    strange = {_host(link) for link in seen.links} - {_host(link) for link in plain} - {""}
    if text.strip() and strange:
        return warning(
            "links",
            f"Linked in the HTML, but not in the plain text: {', '.join(sorted(strange))}.",
            "If these are not addresses of the blog, the links were rewritten. " + _OFF,
        )
    return fine("links", "The links lead where they say.")


def _footer(texts: dict[str, str], postal_address: str | None) -> Remark:
    """Providers add their footers at the end, and ours ends in the postal address."""
    letters = _GAPS.sub("", postal_address or "")
    if not letters:
        mend = "Set `postal_address` under [newsletter] in your settings."
        return warning("footer", "Not looked at: your postal address is not known.", mend)
    address = re.compile(_GAPS.pattern.replace("+", "*").join(map(re.escape, letters)))
    for name, text in texts.items():
        found = list(address.finditer(text))
        if text.strip() and not found:
            said = f"Your postal address is missing in the {name}."
            return problem("footer", said, "Set it, and see whether the mail is whole.")
        after = " ".join(_GAPS.sub(" ", text[found[-1].end() :]).split()) if found else ""
        if after:
            said = f"After your postal address the {name} goes on: “{_beginning(after)}”"
            mend = "Turn off footers and subscription tracking in your provider's settings."
            return problem("footer", said, mend)
    return fine("footer", "The mail ends with your postal address; nothing was added.")


def _beginning(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def _hosts(addresses: list[str]) -> str:
    return ", ".join(sorted({_host(address) or "no host" for address in addresses}))
