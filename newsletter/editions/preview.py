"""Pages for the admin's own browser: an edition as its readers will see it, and the outbox."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from newsletter.editions.check import SIZE_LIMIT
from newsletter.editions.render import render_page
from newsletter.model.edition import Finding, Rendered

SHOWN_MESSAGES = 200
"""Messages of an edition that the outbox page links to; the folder has them all."""

_DARK_RULE = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)")
_SCHEME = 'name="color-scheme" content="light dark"'
_TAG = re.compile(r"-nl-[0-9A-Za-z]+-(?:unsubscribe|preferences|view)-(?:html|text)-")
_STAND_IN = "(each reader’s own link)"
_PREHEADER = re.compile(r'<div style="display:none[^>]*>(.*?)[&<\u2007]')


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
class _Shown:
    key: str
    file: str
    subject: str
    preheader: str
    text: str
    size: int
    checksum: str
    findings: tuple[Finding, ...]


def preview_files(
    edition_key: str,
    variants: Sequence[Rendered],
    findings: Sequence[Finding],
    *,
    pictures: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Every file of an edition's preview: relative path to content.

    `<variant>.html`, `.txt`, `.mjml` and `.subject.txt` are the exact parts of the mail;
    `look/` has copies for the page to show, fixed to light or dark, with harmless personal links;
    `index.html` shows them all. `pictures` gives for a picture's
    address another one to be used in `look/` alone, for a blog that cannot be reached.
    """
    files: dict[str, str] = {}
    for variant in variants:
        files |= _parts(variant)
        for scheme in ("light", "dark"):
            files[f"look/{variant.key}.{scheme}.html"] = look(
                variant.html, scheme, pictures=pictures or {}
            )
    return files | {"index.html": preview_page(edition_key, variants, findings)}


def preview_page(
    edition_key: str, variants: Sequence[Rendered], findings: Sequence[Finding]
) -> str:
    """The page that shows phone, desktop, light, dark and text side by side."""
    keys = {variant.key for variant in variants}
    of_all = tuple(finding for finding in findings if _variant_of(finding) not in keys)
    shown = [
        _shown(variant, (*of_all, *_of(variant, findings)) if at == 0 else _of(variant, findings))
        for at, variant in enumerate(variants)
    ]
    values: dict[str, object] = {"edition": edition_key, "variants": shown, "limit": SIZE_LIMIT}
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


def look_text(text: str) -> str:
    """A copy of a mail's text part with words in the place of the personal links."""
    return _TAG.sub(_STAND_IN, text)


def _of(variant: Rendered, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Those of this variant; what is of none of them is shown with the first."""
    return tuple(f for f in findings if _variant_of(f) == variant.key)


def _variant_of(finding: Finding) -> str:
    """A finding's place starts with its variant's key, if it is of one."""
    return finding.place.partition(",")[0]


def _parts(variant: Rendered) -> dict[str, str]:
    return {
        f"{variant.key}.html": variant.html,
        f"{variant.key}.txt": variant.text,
        f"{variant.key}.mjml": variant.mjml,
        f"{variant.key}.subject.txt": variant.subject + "\n",
    }


def _shown(variant: Rendered, findings: tuple[Finding, ...]) -> _Shown:
    preheader = _PREHEADER.search(variant.html)
    return _Shown(
        key=variant.key,
        file=quote(variant.key),
        subject=variant.subject,
        preheader=preheader[1] if preheader else "",
        text=look_text(variant.text),
        size=len(variant.html.encode()),
        checksum=variant.checksum,
        findings=findings,
    )
