"""Before an edition goes out: each of its links to the blog is tried, and what is gone left out.

A post's own page is asked for as a whole, since one behind a password answers 200; of other pages
the head will do. Two at a time, with a pause between, and not longer than a minute.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from newsletter.delivery.states import OPEN_DRAFT
from newsletter.editions.links import host_of, links_to
from newsletter.errors import FeedError
from newsletter.model.edition import DigestItem, Period
from newsletter.model.feed import Fetched
from newsletter.model.page import PageCheck, Standing
from newsletter.pipeline.availability import hosts_of
from newsletter.pipeline.compose import Composed, compose
from newsletter.pipeline.context import Context
from newsletter.store import pages as page_store

ASKED_AGAIN_AFTER = timedelta(hours=1)
"""A page that was asked for within that time is not asked for again."""

MOST_TIME = timedelta(seconds=60)
"""After that the rest is not known."""

EDITIONS_BACK = 4
"""So many editions back, posts are looked for that are no longer there."""

_AT_ONCE = 2
_PAUSE = 0.2
_GIVEN_UP_AFTER = 3
_ROUNDS = 3
_KEPT = timedelta(days=90)
_UNREACHED = frozenset({"dns", "refused", "connection", "timeout", "certificate", "proxy"})


def compose_checked(context: Context, period: Period) -> Composed:
    """Composes, tries the links, and composes again without the posts that are gone.

    What comes in for them has links too, so there may be several rounds. The caller holds the run
    lock.
    """
    composed = compose(context, period)
    for _ in range(_ROUNDS):
        if not try_links(context, composed):
            break
        composed = compose(context, period)
    return composed


def try_links(context: Context, composed: Composed) -> bool:
    """Asks for the blog's pages that an edition leads to, and notes how they answer.

    True when something is not as it was known to be, so that the edition is to be composed again.
    """
    is_draft = composed.edition is None or composed.edition.state in OPEN_DRAFT
    is_empty = composed.edition is None and not composed.gone
    if not context.settings.digest.check_links or not is_draft or is_empty:
        return False
    wanted = _wanted(context, composed)
    with context.database.read() as connection:
        known = page_store.checks(connection, wanted)
    now = context.now()
    due = {
        url: text
        for url, text in wanted.items()
        if url not in known or now - known[url].checked_at >= ASKED_AGAIN_AFTER
    }
    if not due:
        return False
    found = _ask_for(context, due)
    with context.database.begin() as connection:
        page_store.record(connection, found)
        page_store.forget(connection, now - _KEPT)
    return any(check.standing is not _standing(known.get(check.url)) for check in found)


def _standing(check: PageCheck | None) -> Standing:
    return check.standing if check else Standing.THERE


def _wanted(context: Context, composed: Composed) -> dict[str, str | None]:
    """The pages to ask for: those of posts with the beginning of their text, others with None."""
    from newsletter.feeds.pages import is_reserved

    hosts = hosts_of(context)
    own = _own_pages(context, composed)
    pages: dict[str, str | None] = {url: text for url, text in own if host_of(url) in hosts}
    for url in links_to(composed.variants, hosts):
        pages.setdefault(url, None)
    return {
        url: text
        for url, text in pages.items()
        if len(url) <= page_store.LONGEST and not is_reserved(url)
    }


def _own_pages(context: Context, composed: Composed) -> Iterable[tuple[str, str]]:
    for item in (*composed.items, *composed.gone):
        yield item.url, _beginning(item)
    if context.settings.digest.no_longer_available:
        with context.database.read() as connection:
            lately = page_store.shown_lately(connection, context.channel, EDITIONS_BACK)
        for _, url in lately:
            yield url, ""


def _beginning(item: DigestItem) -> str:
    return item.quote_text or item.excerpt


@dataclass(slots=True)
class _Round:
    """One round of asking; hosts that cannot be reached are not asked for ever."""

    context: Context
    until: datetime
    failed: Counter[str] = field(default_factory=Counter)
    why: dict[str, str] = field(default_factory=dict)

    def check(self, url: str, text: str | None) -> PageCheck:
        """How one page answers now."""
        from newsletter.feeds.pages import standing_of

        host = host_of(url)
        if self.failed[host] >= _GIVEN_UP_AFTER:
            return self._check(url, Standing.UNSURE, trouble=self.why[host])
        if self.context.now() >= self.until:
            return self._check(url, Standing.UNSURE)
        answer = self._asked(url, whole=text is not None)
        if isinstance(answer, FeedError) and text is None and answer.http_status is not None:
            answer = self._asked(url, whole=True)  # not every server knows HEAD
        self.context.pause(_PAUSE)
        trouble = answer.kind if isinstance(answer, FeedError) else ""
        if trouble in _UNREACHED:
            self.failed[host] += 1
            self.why[host] = trouble
        standing = standing_of(answer, text or "")
        return self._check(url, standing, trouble=trouble, status=answer.http_status)

    def _asked(self, url: str, *, whole: bool) -> Fetched | FeedError:
        try:
            return self.context.visit(url, whole)
        except FeedError as error:
            return error

    def _check(
        self, url: str, standing: Standing, *, trouble: str = "", status: int | None = None
    ) -> PageCheck:
        now = self.context.now()
        return PageCheck(
            url=url,
            standing=standing,
            checked_at=now,
            since=now,
            http_status=status,
            trouble=trouble[:32],
        )


def _ask_for(context: Context, due: Mapping[str, str | None]) -> list[PageCheck]:
    asking = _Round(context, context.now() + MOST_TIME)
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        return list(pool.map(asking.check, due.keys(), due.values()))
