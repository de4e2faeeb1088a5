"""WordPress shortcodes that reach a feed unexpanded.

Only names on the list are touched: `[sic]`, `[1]` and `[177Lu]` are the author's words.
"""

from __future__ import annotations

import html
import re

from newsletter.feeds.links import absolute, label_of_embed, page_of_embed

_MEDIA = (
    "audio",
    "video",
    "youtube",
    "vimeo",
    "embed",
    "wpvideo",
    "playlist",
    "tweet",
    "instagram",
)
_WRAPPERS = (
    "caption", "wp_caption", "gallery", "su_\\w+", "vc_\\w+", "et_pb_\\w+", "fusion_\\w+",
    "contact-form(?:-7)?", "contact-field", "gravityform", "wpforms", "mc4wp_form", "ninja_form",
    "jetpack_subscription_form", "subscription_form", "subscribe\\w*", "blog_subscription_form",
    "social-?\\w*", "sharethis", "addtoany", "recent_posts", "display-posts", "googlemaps",
    "slideshow", "polldaddy", "wpdatatable", "ultimate_\\w+",
)  # fmt: skip
_SHORTCODE = re.compile(
    rf"\[\[?(/?)({'|'.join(_MEDIA + _WRAPPERS)})(?=[\s=/\]])([^\[\]<>]{{0,1500}}?)/?\]\]?",
    re.IGNORECASE,
)
_EMBEDDED = re.compile(
    r"\[embed[^\]]{0,200}\]\s*(https?://[^\s\[\]<>\"]{1,1000})\s*\[/embed\]", re.IGNORECASE
)
_ADDRESS = re.compile(r"https?://[^\s\"'“”‘’″′<>\]]{1,1000}", re.IGNORECASE)
_PASSES = 5


def _link(address: str, name: str) -> str:
    found = absolute(html.unescape(address), "")
    page = page_of_embed(found) if found else None
    if page is None:
        return " "
    label = label_of_embed(page, name.lower(), "")
    return f'<p><a href="{html.escape(page)}">{html.escape(label)}</a></p>'


def _replace(found: re.Match[str]) -> str:
    closing, name, attributes = found.groups()
    address = _ADDRESS.search(html.unescape(attributes))
    if closing or name.lower() not in _MEDIA or address is None:
        return ""
    return _link(address[0], name)


def without_shortcodes(raw: str) -> str:
    """The HTML with known shortcodes gone; those for media become a link to the medium."""
    if "[" not in raw:
        return raw
    text = _EMBEDDED.sub(lambda found: _link(found[1], "embed"), raw)
    for _ in range(_PASSES):  # one removed may join the halves of another
        less = _SHORTCODE.sub(_replace, text)
        if less == text:
            break
        text = less
    return text
