"""Make a post's HTML safe and quiet, as a mail can carry it.

The order was found by experiment: debris out (a tree is needed), then the allow-list, then control
characters, then white space. The allow-list comes after all rewriting, so that nothing a rewrite
did can undo it. The only user of nh3.
"""

from __future__ import annotations

import html as entities
import re

import nh3

from newsletter.feeds.blocks import blocks, plain_text
from newsletter.feeds.debris import quiet
from newsletter.feeds.phrases import is_debris, tail_start
from newsletter.feeds.related import without_related
from newsletter.feeds.shortcodes import without_shortcodes
from newsletter.model.post import Cleaned, Image

_ATTRIBUTES = {
    "*": {"dir", "lang"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start"},
    "abbr": {"title"},
}
_TAGS = set(
    "a abbr b blockquote br caption cite code dd del div dl dt em figcaption figure h1 h2 h3 h4 h5"  # noqa: SIM905
    " h6 hr i img ins kbd li mark ol p pre q s samp small strong sub sup table tbody td tfoot th"
    " thead tr u ul var".split()
)
_GONE_WITH_CONTENT = {
    "script", "style", "iframe", "object", "embed", "noscript", "form", "template", "svg", "math",
    "textarea", "select", "title", "audio", "video", "canvas", "noembed", "noframes", "xmp",
    "plaintext",
}  # fmt: skip
# What XML 1.0 (§2.2) has no place for, the MJML parser refuses.
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)

_PRE = re.compile(r"(<pre\b[^>]*>)(.*?)(</pre>)", re.DOTALL)
_SPACE = re.compile(r"[ \t\n\r\f\x0b\x85\u2028\u2029]+")
_ANY_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_BLOCK_TAG = re.compile(
    r"(?i)</?(?:p|div|li|ul|ol|h[1-6]|tr|table|blockquote|section|article|br|hr|pre|dd|dt|figure)\b"
    r"[^>]{0,2000}>"
)
_HIDDEN = re.compile(r"(?is)<(script|style|iframe|svg|math|template|noscript)\b.*?(?:</\1\s*>|\Z)")
_STRIKE = re.compile(r"(?i)<(/?)(?:s|del|strike)(?:\s[^<>]{0,300})?>")
_NOT_NESTED = frozenset(
    "area base br col dd dt embed hr img input li link meta option p param source td th tr track"  # noqa: SIM905
    " wbr tbody thead tfoot".split()
)
_DEEPEST = 150
_LONGEST = 4_000_000
_PASSES = 4
_SMALLEST_PICTURE = 48


def clean(html: str, *, base_url: str) -> Cleaned:
    """A post's HTML made safe and quiet; `base_url` is what relative links start from.

    Raises nothing: anything a feed may hold comes out as well-formed HTML of an allow-list of
    elements, every literal `>` written as `&gt;` and white space collapsed (the MJML engine stops
    at the first and drops line breaks between words). HTML nested beyond reason, or over four
    million characters, loses its structure or its end.
    """
    rough = _CONTROL.sub("", html[:_LONGEST])
    rough = _as_html(without_shortcodes(_flattened_if_deep(_closed_strikes(rough))))
    for _ in range(_PASSES):  # what a rewrite leaves may itself be debris
        safe = _one_pass(rough, base_url)
        if safe == rough:
            break
        rough = safe
    return Cleaned(html=safe, text=plain_text(safe), image=_first_picture(safe))


def _closed_strikes(text: str) -> str:
    """The text without its marks for what is struck through, if one of them is never closed.

    It would go on to the end of the post, and all of that would be left out.
    """
    marks = _STRIKE.findall(text)
    return _STRIKE.sub("", text) if 2 * marks.count("/") < len(marks) else text


def _one_pass(rough: str, base_url: str) -> str:
    safe = nh3.clean(
        quiet(rough, base_url),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        clean_content_tags=_GONE_WITH_CONTENT,
        link_rel=None,
        strip_comments=True,
    )
    return without_related(_collapsed(_CONTROL.sub("", safe)))


def _collapsed(safe: str) -> str:
    """White space as one space; line breaks of preformatted text as `br`."""
    pieces = _PRE.split(safe)
    for at in range(0, len(pieces), 4):
        pieces[at] = _SPACE.sub(" ", pieces[at])
    for at in range(2, len(pieces), 4):
        lines = pieces[at].replace("\r\n", "\n").replace("\t", "    ").strip("\n")
        pieces[at] = _SPACE.sub(lambda run: run[0].replace("\n", "<br>"), lines)
    return "".join(pieces).strip()


def _as_html(text: str) -> str:
    """Plain text, as some feeds send it, gets paragraphs, and loses the platform's lines."""
    if _ANY_TAG.search(text) or "\n" not in text:
        return text
    lines = (line for line in text.splitlines() if not is_debris(entities.unescape(line)))
    parts = re.split(r"\n\s*\n", "\n".join(lines))
    return "".join(f"<p>{part.strip()}</p>" for part in parts if part.strip())


def _flattened_if_deep(text: str) -> str:
    """The text without its elements where they nest so deep that parsers slow down or fall over."""
    depth = deepest = 0
    for closing, name in _ANY_TAG.findall(text):
        if name.lower() not in _NOT_NESTED:
            depth = max(0, depth - 1) if closing else depth + 1
            deepest = max(deepest, depth)
    if deepest <= _DEEPEST:
        return text
    visible = _BLOCK_TAG.sub("\n\n", _HIDDEN.sub(" ", text))
    bare = entities.unescape(re.sub(r"<[^<>]*>?", " ", visible))
    parts = (part.strip() for part in re.split(r"\n\s*\n", bare))
    return "".join(f"<p>{entities.escape(part)}</p>" for part in parts if part)


_PICTURE = re.compile(r'<img\b((?:\s+[a-z]+="[^"]*")*)\s*/?>')
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')


def _first_picture(safe: str) -> Image | None:
    """The first picture that belongs to the post itself, not to the standing end of every post."""
    end = _start_of_tail(safe)
    for found in _PICTURE.finditer(safe, 0, end):
        image = _picture(dict(_ATTRIBUTE.findall(found[1])))
        sides = [side for side in (image.width, image.height) if side is not None]
        if image.url and all(side >= _SMALLEST_PICTURE for side in sides):
            return image
    return None


def _picture(attributes: dict[str, str]) -> Image:
    def side(name: str) -> int | None:
        value = attributes.get(name, "")
        return int(value) if value.isascii() and value.isdigit() else None

    return Image(
        url=entities.unescape(attributes.get("src", "")),
        alt=entities.unescape(attributes.get("alt", "")),
        width=side("width"),
        height=side("height"),
    )


def _start_of_tail(safe: str) -> int:
    found = blocks(safe)
    at = tail_start([block.text for block in found])
    return found[at].start if at < len(found) else len(safe)
