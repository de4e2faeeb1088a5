"""What an edition tells of trials: the register's lines beside its posts, and what changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from newsletter.editions.select import topics_of
from newsletter.editions.trials import Mention, Placed, beside, by_themselves
from newsletter.model.edition import DigestItem, Edition
from newsletter.model.trial import TrialNews
from newsletter.pipeline.context import Context
from newsletter.pipeline.layout import topics
from newsletter.pipeline.trial_lines import changes_since, lines_for, sight_of
from newsletter.store import edition_trials
from newsletter.store import news as news_store
from newsletter.store import trials as trial_store

if TYPE_CHECKING:
    from sqlalchemy import Connection


def news_of_trials(
    context: Context, connection: Connection, since: datetime
) -> tuple[TrialNews, ...]:
    """What changed for followed trials since this channel's readers were told of each.

    `since` (UTC) is from when on the channel reports news at all.
    """
    return changes_since(
        connection,
        since,
        sight_of(context.settings, context.now()),
        unattended=context.settings.trials.unattended,
        told=edition_trials.told(connection, context.channel),
    )


def waiting_trials(context: Context, connection: Connection) -> tuple[TrialNews, ...]:
    """The news of followed trials that no draft tells and that need the admin's yes."""
    since = news_store.baseline(connection, context.channel)
    if since is None:
        return ()
    drafted = edition_trials.drafted(connection, context.channel)
    return tuple(
        each
        for each in news_of_trials(context, connection, since)
        if each.changes and not each.approved and each.record_id not in drafted
    )


def with_lines(
    context: Context,
    connection: Connection,
    items: Sequence[DigestItem],
    news: Sequence[TrialNews] = (),
) -> tuple[DigestItem, ...]:
    """The posts with the lines of their trials, and beneath them what is new."""
    sight = sight_of(context.settings, context.now())
    lines = lines_for(connection, [item.post_id for item in items], sight)
    by_trial = {each.trial: each for each in news}
    return tuple(beside(item, lines.get(item.post_id, ()), by_trial) for item in items)


def place(
    context: Context,
    connection: Connection,
    news: Sequence[TrialNews],
    items: Sequence[DigestItem],
    draft: Edition | None,
) -> Placed:
    """What becomes of the news that none of the edition's posts (`items`) shows."""
    if not news:
        return Placed()
    given = topics(context)
    mentions = {
        post.id: Mention(
            post_id=post.id, title=post.title, url=post.url, topics=topics_of(post, given)
        )
        for post in trial_store.posts_with(connection)
    }
    dropped = edition_trials.dropped_records(connection, draft.id) if draft else frozenset()
    unattended = context.settings.trials.unattended
    return by_themselves(news, items, mentions, unattended=unattended, dropped=dropped)
