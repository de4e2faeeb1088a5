"""What of an edition is still on the blog, as far as its pages were asked for: pure, and reading.

The asking itself is in `pages.py`. Here it is decided what a page that is gone means: a post's own
page takes the post out of the edition, any other is worth a warning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.delivery.gates import Hold
from newsletter.editions.findings import finding
from newsletter.editions.links import host_of, links_to
from newsletter.editions.wording import title_of
from newsletter.model.edition import DigestItem, Finding, Rendered
from newsletter.model.page import PageCheck, Standing, Withdrawn
from newsletter.pipeline.context import Context
from newsletter.store import pages as page_store

if TYPE_CHECKING:
    from sqlalchemy import Connection

POST_GONE = "post-gone"
"""The finding that a post is left out."""

_TOO_MANY = 3
"""So many posts, and all there are, gone at once: rather the blog is broken than its posts gone."""

_MOST_SAID = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Which posts an edition may show. `gone` are those without a page, with what it answered."""

    items: tuple[DigestItem, ...]
    gone: tuple[tuple[DigestItem, PageCheck], ...] = ()
    holds: tuple[Hold, ...] = ()


def availability(
    context: Context, connection: Connection, items: Sequence[DigestItem]
) -> Availability:
    """Leaves out the posts whose page was gone when it was asked for last."""
    if not context.settings.digest.check_links:
        return Availability(items=tuple(items))
    return sorted_out(items, page_store.checks(connection, [item.url for item in items]))


def sorted_out(items: Sequence[DigestItem], checks: Mapping[str, PageCheck]) -> Availability:
    """The rule of it, without a database."""
    gone = tuple((i, checks[i.url]) for i in items if i.url in checks and checks[i.url].is_gone)
    if len(gone) >= _TOO_MANY and len(gone) == len(items):
        hold = Hold(
            code="all-gone",
            message=f"None of the {len(items)} posts of this edition can be opened on the blog:"
            f" {title_of(gone[0][0])}: its page {gone[0][1].said}.",
            mend="Open one of them in a browser. If the blog is broken, have it mended and run the"
            " command again in an hour; if they were taken down, leave them out with `newsletter"
            " editions drop EDITION POST`.",
            confirmable=False,
        )
        return Availability(items=tuple(items), holds=(hold,))
    out = {item.post_id for item, _ in gone}
    return Availability(items=tuple(i for i in items if i.post_id not in out), gone=gone)


def findings(
    context: Context,
    connection: Connection,
    variants: Sequence[Rendered],
    found: Availability,
) -> tuple[Finding, ...]:
    """What is worth a warning: posts left out, links that lead nowhere, pages not reached."""
    if not context.settings.digest.check_links:
        return ()
    checks = page_store.checks(connection, links_to(variants, hosts_of(context)))
    names = {item.url: title_of(item) for item in found.items}
    broken = (check for check in checks.values() if check.is_gone)
    unsure = [check for check in checks.values() if check.standing is Standing.UNSURE]
    return (
        *said_of_gone(found),
        *(_broken(check, names) for check in broken),
        *_unsure(unsure, names),
    )


def said_of_gone(found: Availability) -> tuple[Finding, ...]:
    """What is said of the posts that are left out."""
    return tuple(_left_out(item, check) for item, check in found.gone)


def hosts_of(context: Context) -> frozenset[str]:
    """The hosts that are the blog: its own, and those of its feeds."""
    urls = [context.settings.newsletter.website, *(f.url for f in context.settings.feeds)]
    return frozenset(filter(None, map(host_of, urls)))


def withdrawn(context: Context, connection: Connection) -> tuple[Withdrawn, ...]:
    """The posts of earlier editions that readers are told of as being gone, if that is wanted."""
    if not context.settings.digest.no_longer_available:
        return ()
    return tuple(page_store.withdrawn(connection, context.channel))


def _left_out(item: DigestItem, check: PageCheck) -> Finding:
    message = f"The post is left out: its page {check.said}."
    return finding(POST_GONE, f"“{title_of(item)}”", message)


def _broken(check: PageCheck, names: Mapping[str, str]) -> Finding:
    named = f"The page of “{names[check.url]}”" if check.url in names else "The link"
    return finding("broken-link", check.url, f"{named} {check.said}.")


def _unsure(checks: Collection[PageCheck], names: Mapping[str, str]) -> Iterator[Finding]:
    """One line for each page, or one for all where there are many."""
    if len(checks) <= _MOST_SAID:
        for check in checks:
            named = f"The page of “{names[check.url]}”" if check.url in names else "The link"
            yield finding("unsure-link", check.url, f"{named} {check.said}.")
        return
    said, count = Counter(check.said for check in checks).most_common(1)[0]
    message = f"{len(checks)} links to the blog are not known to work: {count} {said} each."
    yield finding("unsure-link", next(iter(checks)).url, message)
