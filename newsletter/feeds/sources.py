"""One post, told by two sources: which text counts, so that a change is one of the post.

A feed may carry excerpts, or what plugins put only there, where the REST API has the whole text.
Held against each other they would differ though nobody has edited anything. So the text of a post
comes from one source as long as that can be had, and goes over to another one only unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from newsletter.feeds.compare import is_excerpt
from newsletter.model.feed import Means
from newsletter.model.post import KnownPost, PostDraft, Source, StoredRevision

_CACHED: Final = timedelta(days=1)
"""A feed may be so old when it is read: an edit made within that time need not have been in it."""

Match = tuple[PostDraft, KnownPost | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """`compared` are to be held against what is known; `left` are posts (by id) of whose text
    this source has no say; `retold` are (revision id, draft): the version that is known, as another
    source tells it.
    """

    compared: tuple[Match, ...]
    left: tuple[int, ...]
    retold: tuple[tuple[int, PostDraft], ...]


def reconcile(
    matched: Sequence[Match],
    newest: Mapping[int, StoredRevision],
    means: Means | None,
    *,
    feed_id: int,
) -> Reconciled:
    """Sorts drafts by what their source may say.

    `newest` holds the newest revision of each post whose text differs from that of its draft;
    `means` is how the site is followed now, and `feed_id` says which feed's posts are spoken of.
    """
    compared: list[Match] = []
    left: list[int] = []
    retold: list[tuple[int, PostDraft]] = []
    for draft, known in matched:
        before = newest.get(known.id) if known is not None and known.feed_id == feed_id else None
        if known is None or before is None or before.source is draft.source or draft.protected:
            compared.append((draft, known))
        elif _says_less(draft, before, means):
            left.append(known.id)
        elif is_same_version(draft, before):
            retold.append((before.id, draft))
            compared.append((draft, known))
        else:
            compared.append((draft, known))
    return Reconciled(compared=tuple(compared), left=tuple(left), retold=tuple(retold))


def _says_less(draft: PostDraft, before: StoredRevision, means: Means | None) -> bool:
    """Whether a feed's text has no say beside what the REST API told of the post.

    As long as that is asked; and after that while the feed shows but the beginning of that text:
    taken over, it would hide what was edited until the API is there again.
    """
    if draft.source is not Source.FEED:
        return False
    return means is Means.REST or is_excerpt(draft.revision, before.revision)


def is_same_version(draft: PostDraft, before: StoredRevision) -> bool:
    """Whether the post was not edited since that version of it was seen.

    By the feed, which shows it as it did then; or by the site's own word.
    """
    if before.source is Source.FEED and draft.shown_hash == before.revision.text_hash:
        return True
    return draft.updated is not None and draft.updated < before.seen_at - _CACHED


def merged(window: Sequence[PostDraft], beyond: Sequence[PostDraft]) -> tuple[PostDraft, ...]:
    """All drafts of one collection, each post once.

    The text of a post that is in both comes from beyond, if that is the REST API; what that does
    not tell comes from the window. Such a post is in the window.
    """
    from_rest = {_key(draft): draft for draft in beyond if draft.source is Source.REST}
    shown = {_key(draft) for draft in window}
    own = (_with_facts(from_rest.get(_key(draft)), draft) for draft in window)
    return (*own, *(draft for draft in beyond if _key(draft) not in shown))


def _with_facts(told: PostDraft | None, shown: PostDraft) -> PostDraft:
    if told is None or not _is_newer_or_same(told, shown):
        return shown
    return replace(
        told,
        beyond=False,
        shown_hash=shown.revision.text_hash,
        categories=shown.categories or told.categories,
        image=told.image or shown.image,
        untold=told.untold - {"categories"} if shown.categories else told.untold,
    )


def _is_newer_or_same(told: PostDraft, shown: PostDraft) -> bool:
    """A cached answer may be older than the feed."""
    return told.updated is None or shown.updated is None or told.updated >= shown.updated


def _key(draft: PostDraft) -> object:
    marks = draft.identity
    return marks.post_number or marks.guid or marks.address
