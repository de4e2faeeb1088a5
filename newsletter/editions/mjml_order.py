"""Whether each element of an MJML document stands where it may; the engine takes it as it comes.

What stands elsewhere loses its margins, or its whole look, in some mail programs only.
"""

from __future__ import annotations

import re

from newsletter.editions.mjml_fault import MjmlFault

_TOKEN = re.compile(
    r"<!--.*?-->|<(/?)(mjml|mj-[a-z-]+)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>", re.DOTALL
)
_CONTENT = frozenset(
    "mj-accordion mj-button mj-carousel mj-divider mj-image mj-navbar mj-raw mj-social mj-spacer"  # noqa: SIM905
    " mj-table mj-text".split()
)
_INSIDE = {
    "": frozenset({"mjml"}),
    "mjml": frozenset({"mj-head", "mj-body", "mj-raw"}),
    "mj-head": frozenset(
        "mj-attributes mj-breakpoint mj-font mj-html-attributes mj-preview mj-raw mj-style mj-title"  # noqa: SIM905
        "".split()
    ),
    "mj-body": frozenset({"mj-section", "mj-wrapper", "mj-hero", "mj-raw"}),
    "mj-wrapper": frozenset({"mj-section", "mj-hero", "mj-raw"}),
    "mj-section": frozenset({"mj-column", "mj-group", "mj-raw"}),
    "mj-group": frozenset({"mj-column", "mj-raw"}),
    "mj-column": _CONTENT,
    "mj-hero": _CONTENT,
    "mj-social": frozenset({"mj-social-element"}),
    "mj-navbar": frozenset({"mj-navbar-link"}),
    "mj-carousel": frozenset({"mj-carousel-image"}),
    "mj-accordion": frozenset({"mj-accordion-element"}),
    "mj-accordion-element": frozenset({"mj-accordion-title", "mj-accordion-text"}),
}
"""What may stand in each element (documentation.mjml.io); in the others there is HTML."""

_KNOWN = frozenset().union(*_INSIDE.values())
_ANYTHING = frozenset({"mj-attributes", "mj-html-attributes"})


def misplaced_in(mjml: str) -> MjmlFault | None:
    """The first element, or text, that stands where it may not; None where all is in order.

    The document is one that the engine could read.
    """
    open_ = [""]
    at = 0
    for token in _TOKEN.finditer(mjml):
        inside, (end, tag, attributes) = open_[-1], token.groups()
        gap = mjml[at : token.start()]
        if inside in _INSIDE and not gap.isspace() and gap:
            offset = at + len(gap) - len(gap.lstrip())
            return MjmlFault(offset=offset, said=_homeless(gap, inside))
        at = token.end()
        if tag is None:
            continue
        if end:
            open_.pop()
            continue
        if inside not in _ANYTHING and tag not in _INSIDE.get(inside, ()):
            return MjmlFault(offset=token.start(), said=_lost(tag, inside))
        if not attributes.endswith("/"):
            open_.append(tag)
    return None


def _homeless(gap: str, inside: str) -> str:
    shown = " ".join(gap.split())
    shown = f"{shown[:30]}…" if len(shown) > 30 else shown
    return f"“{shown}” stands in <{inside}> itself; put it into an <mj-text>"


def _lost(tag: str, inside: str) -> str:
    if tag not in _KNOWN:
        return f"there is no <{tag}> in MJML"
    homes = [f"<{home}>" for home, ours in _INSIDE.items() if home and tag in ours]
    return f"<{tag}> stands in <{inside}>, and may only stand in {' or '.join(homes)}"
