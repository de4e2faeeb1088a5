"""Lists of other posts that a platform puts below a post: they change whenever another one appears.

A list of the author's own stays: it is cut only when its heading is a platform's, and every entry
is nothing but a link.
"""

from __future__ import annotations

import re

_HEADING = (
    r"(?:related|recent|latest|similar|popular|more)(?: (?:posts|articles|stories|entries))"
    r"|related|you (?:may|might) also (?:like|enjoy|be interested in)|more from (?:this|the) blog"
)
# No possessive quantifiers: before Python 3.11.5 they miss matches (CPython issue 106052). What is
# repeated never begins like what comes after it instead, which keeps a search linear.
_AROUND = r"(?:</?(?:strong|b|em|i|small|u)>|\s)*"
_LINK = r'<a href="[^"]*"[^>]*>[^<]*(?:<(?!/?a\b)[^>]*>[^<]*)*</a>'
_ENTRY = rf"{_AROUND}{_LINK}{_AROUND}"
_INLINE = re.compile(
    rf"<(?P<tag>p|div)>{_AROUND}(?:{_HEADING}|also read|read also)\s?:{_AROUND}{_ENTRY}\.?{_AROUND}"
    r"</(?P=tag)>",
    re.IGNORECASE,
)
_RELATED = re.compile(
    rf"<(?P<tag>h[1-6]|p|div)>{_AROUND}(?:{_HEADING})\s?:?{_AROUND}</(?P=tag)>\s*"
    rf"(?:<(?P<list>ul|ol)>\s*(?:<li>(?:<p>)?{_ENTRY}(?:</p>)?</li>\s*)+</(?P=list)>"
    rf"|(?:<p>{_ENTRY}</p>\s*)+)",
    re.IGNORECASE,
)


def without_related(html: str) -> str:
    """Cleaned HTML less such lists and their headings, and lines that name but one such post."""
    return _INLINE.sub("", _RELATED.sub("", html))
