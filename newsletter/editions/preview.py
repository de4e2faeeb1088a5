"""Pages for the admin's own browser: an edition as its readers will see it, and the outbox."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from newsletter.editions.check import SIZE_LIMIT, mail_size
from newsletter.editions.render import render_page
from newsletter.model.edition import Finding, Rendered, Tags

SHOWN_MESSAGES = 200
"""Messages of an edition that the outbox page links to; the folder has them all."""

_DARK_RULE = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)")
_SCHEME = 'name="color-scheme" content="light dark"'
_TAG = re.compile(r"-nl-[0-9A-Za-z]+-(?:unsubscribe|preferences|view)-(?:html|text)-")
_STAND_IN = "(each reader’s own link)"
_SOURCE = re.compile(r'(<img\b[^>]*?)\ssrc="[^"]*"')


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEdition:
    """One edition in the outbox: `messages` are paths relative to the page, `total` counts all.

    `html` and `text` are paths of the edition as it looks, or "".
    """

    key: str
    subject: str
    total: int
    messages: tuple[str, ...]
    html: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a preview shows of an edition.

    `held` says why it waits, if it does; `sender` is a name with an address; `tags` are those in
    the variants. With `watched` the page looks for a newer one by itself.
    """

    edition_key: str
    variants: Sequence[Rendered]
    findings: Sequence[Finding]
    tags: Tags
    sender: str
    held: Sequence[str] = ()
    watched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    sender: str
    subject: str
    preheader: str
    variants: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Variant:
    key: str
    file: str
    html: bool
    text: str
    size: int
    checksum: str


def preview_files(shown: Shown, *, pictures: Mapping[str, str] | None = None) -> dict[str, str]:
    """Every file of an edition's preview: relative path to content.

    `<variant>.html`, `.txt`, `.mjml` and `.subject.txt` are the exact parts of the mail;
    `look/` has copies for the page to show, fixed to light or dark or without pictures, with
    harmless personal links; `index.html` shows them all. `pictures` gives for a picture's
    address another one to be used in `look/` alone, for a blog that cannot be reached. When it is
    watched, `stamp.js` tells the page in a browser that there is a newer one.
    """
    files: dict[str, str] = {}
    for variant in shown.variants:
        files |= _parts(variant)
        if variant.html:
            files |= _looks(variant, pictures or {})
    stamp = _stamp(files, shown) if shown.watched else ""
    if stamp:
        files["stamp.js"] = f'seen("{stamp}");\n'
    return files | {"index.html": preview_page(shown, stamp=stamp)}


def preview_page(shown: Shown, *, stamp: str = "") -> str:
    """The page that shows phone, desktop, light, dark, no pictures and text side by side."""
    values: dict[str, object] = {
        "edition": shown.edition_key,
        "held": shown.held,
        "findings": sorted(shown.findings, key=lambda finding: not finding.error),
        "inbox": _inbox(shown),
        "variants": [_variant(variant, shown.tags) for variant in shown.variants],
        "limit": SIZE_LIMIT,
        "stamp": stamp,
    }
    return render_page("preview/index.html.j2", values)


def outbox_page(editions: Sequence[OutboxEdition]) -> str:
    """The page of the outbox: its editions as given, with links to the first messages of each."""
    values: dict[str, object] = {"editions": editions, "most": SHOWN_MESSAGES, "quote": quote}
    return render_page("preview/outbox.html.j2", values)


def look(html: str, scheme: str, *, pictures: Mapping[str, str]) -> str:
    """A copy of a mail fixed to `light` or `dark`, whatever the browser it is looked at with."""
    for address, other in pictures.items():
        html = html.replace(f'src="{address}"', f'src="{other}"')
    html = html.replace(_SCHEME, f'name="color-scheme" content="{scheme}"')
    html = html.replace(":root { color-scheme: light dark;", f":root {{ color-scheme: {scheme};")
    html = _DARK_RULE.sub("@media all" if scheme == "dark" else "@media not all", html)
    return _TAG.sub("#", html)


def without_pictures(html: str) -> str:
    """A copy of a mail as a mail program shows it that loads no pictures: their words are there."""
    return _SOURCE.sub(r"\1", html)


def look_text(text: str) -> str:
    """A copy of a mail's text part with words in the place of the personal links."""
    return _TAG.sub(_STAND_IN, text)


def _parts(variant: Rendered) -> dict[str, str]:
    return {
        f"{variant.key}.html": variant.html,
        f"{variant.key}.txt": variant.text,
        f"{variant.key}.mjml": variant.mjml,
        f"{variant.key}.subject.txt": variant.subject + "\n",
    }


def _looks(variant: Rendered, pictures: Mapping[str, str]) -> dict[str, str]:
    light, dark = (look(variant.html, scheme, pictures=pictures) for scheme in ("light", "dark"))
    return {
        f"look/{variant.key}.light.html": light,
        f"look/{variant.key}.dark.html": dark,
        f"look/{variant.key}.bare.html": without_pictures(light),
    }


def _stamp(files: Mapping[str, str], shown: Shown) -> str:
    """What differs as soon as anything that is shown does."""
    told = [*sorted(files.items()), *map(repr, shown.findings), *shown.held]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def _inbox(shown: Shown) -> list[_Line]:
    """What an inbox shows, each line once, with the variants that have it."""
    lines: dict[tuple[str, str, str], list[str]] = {}
    for variant in shown.variants:
        sender = variant.sender or shown.sender
        line = (sender.partition("<")[0].strip() or sender, variant.subject, variant.preheader)
        lines.setdefault(line, []).append(variant.key)
    return [
        _Line(sender=sender, subject=subject, preheader=preheader, variants=tuple(keys))
        for (sender, subject, preheader), keys in lines.items()
    ]


def _variant(variant: Rendered, tags: Tags) -> _Variant:
    return _Variant(
        key=variant.key,
        file=quote(variant.key),
        html=bool(variant.html),
        text=look_text(variant.text),
        size=mail_size(variant, tags),
        checksum=variant.checksum,
    )
