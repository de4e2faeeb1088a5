"""Compose: make or refresh the draft of a period's edition, rendered and checked.

A draft holds the very bytes that would be sent. Composing again with nothing changed gives the same
checksum; a frozen edition is left alone.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import subscribers.model as subscribers
from newsletter.delivery.gates import Hold, fuse
from newsletter.delivery.states import OPEN_DRAFT
from newsletter.editions.period import length
from newsletter.editions.select import select, variant_for
from newsletter.editions.trials import Placed, waiting_words
from newsletter.editions.wording import counted
from newsletter.model.edition import (
    Choice,
    DigestItem,
    Edition,
    EditionState,
    Finding,
    ItemKind,
    Period,
    Rendered,
    TrialUpdate,
)
from newsletter.model.post import Candidate, Change, Pin, Revision
from newsletter.model.trial import TrialNews
from newsletter.pipeline.availability import availability, findings, said_of_gone, withdrawn
from newsletter.pipeline.context import Context
from newsletter.pipeline.layout import Entries, Layout, lay_out, topic_keys, topics
from newsletter.pipeline.trial_placing import news_of_trials, place, with_lines
from newsletter.store import edition_trials
from newsletter.store import editions as edition_store
from newsletter.store import news as news_store
from subscribers.store import people

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A draft as it was composed. `edition` is None when there is nothing to say.

    `items` and `trials` are what it shows; `left_out` and `trials_left_out` what the admin dropped;
    `rolled_over` did not fit; `trials_waiting` needs the admin's yes; `gone` are no longer on the
    blog.
    """

    edition: Edition | None
    items: tuple[DigestItem, ...] = ()
    left_out: tuple[DigestItem, ...] = ()
    rolled_over: tuple[DigestItem, ...] = ()
    gone: tuple[DigestItem, ...] = ()
    trials: tuple[TrialUpdate, ...] = ()
    trials_left_out: tuple[TrialUpdate, ...] = ()
    trials_waiting: tuple[TrialNews, ...] = ()
    variants: tuple[Rendered, ...] = ()
    findings: tuple[Finding, ...] = ()
    holds: tuple[Hold, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the draft is held, in words; empty when it is not."""
        errors = tuple(f"{f.place}: {f.message} {f.mend}" for f in self.findings if f.error)
        return errors + tuple(f"{hold.message} {hold.mend}" for hold in self.holds)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is worth knowing and does not hold the draft."""
        said = tuple(f"{f.place}: {f.message} {f.mend}" for f in self.findings if not f.error)
        return (*said, *self._no_room, *waiting_words(self.trials_waiting))

    @property
    def _no_room(self) -> tuple[str, ...]:
        if not self.rolled_over:
            return ()
        has = "has" if len(self.rolled_over) == 1 else "have"
        posts = f"{counted(len(self.rolled_over), 'post')} {has}"
        return (f"{posts} no room in this mail and will be in the next edition.",)


def compose(context: Context, period: Period) -> Composed:
    """Makes or refreshes the draft of `period`. The caller holds the run lock.

    What cannot be rendered, or fails its checks, is a hold and not an exception. Drafts of earlier
    periods that never went out are closed; what they would have said is in this one.
    """
    with context.database.read() as connection:
        found = edition_store.find(connection, period.key, context.channel)
        if found is not None and found.state not in OPEN_DRAFT:
            return as_stored(connection, found)
        since = _channel_baseline(context, connection)
        candidates = news_store.candidates(connection, context.channel, since)
        choices = people.choices(connection)
        dropped = edition_store.dropped_posts(connection, found.id) if found else frozenset()
    items = items_of(context, candidates)
    with context.database.read() as connection:
        news = news_of_trials(context, connection, since)
        items = with_lines(context, connection, items, news)
        kept = tuple(item for item in items if item.post_id not in dropped)
        there = availability(context, connection, kept)
        kept, gone = there.items, tuple(item for item, _ in there.gone)
        taken_off = withdrawn(context, connection)
        placed = place(context, connection, news, kept, found)
    if not kept and not placed.updates and found is None:
        return Composed(
            edition=None, trials_waiting=placed.waiting, gone=gone, findings=said_of_gone(there)
        )
    draft = _draft(context, period, found)
    entries = Entries(items=kept, trials=placed.updates)
    layout = lay_out(context, draft, entries, choices, withdrawn=taken_off)
    holds = (*layout.holds, *there.holds, *_fuse(context, kept, placed))
    with context.database.read() as connection:
        said = (*layout.findings, *findings(context, connection, layout.variants, there))
    left_out = tuple(item for item in items if item.post_id in dropped)
    layout = replace(layout, holds=holds, findings=said)
    return replace(_save(context, draft, layout, left_out, placed, choices), gone=gone)


def items_of(context: Context, candidates: Sequence[Candidate]) -> Sequence[DigestItem]:
    """The candidates that are news, as an edition shows them, in its order; without trials."""
    if not candidates:
        return ()
    from newsletter.pipeline.presentation import present  # excerpts need the HTML parser
    from newsletter.pipeline.weights import scale_of

    with context.database.read() as connection:
        scale = scale_of(context.settings, connection)

    def compare(candidate: Candidate, shown: Revision) -> Change:
        return scale.weigh(candidate.post_id, candidate.url, shown, candidate.newest.revision)

    open_ = [one for one in candidates if scale.pin(one.post_id, one.url) is not Pin.NEVER]
    return select(open_, topics(context), compare=compare, present=present)


def as_stored(connection: Connection, edition: Edition) -> Composed:
    """An edition with what it shows, as it is kept."""
    return Composed(
        edition=edition,
        items=tuple(edition_store.items(connection, edition.id)),
        left_out=tuple(edition_store.items(connection, edition.id, dropped=True)),
        variants=tuple(edition_store.variants(connection, edition.id)),
        trials=tuple(edition_trials.updates(connection, edition.id)),
        trials_left_out=tuple(edition_trials.updates(connection, edition.id, dropped=True)),
    )


def checksum_of(variants: Sequence[Rendered]) -> str:
    """SHA-256 (hex) over all variants: what approval and freezing speak of."""
    lines = sorted(f"{variant.key} {variant.checksum}" for variant in variants)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _channel_baseline(context: Context, connection: Connection) -> datetime:
    """From when on this channel reports news; a channel without editions begins a period ago."""
    known = news_store.baseline(connection, context.channel)
    return known or context.now() - length(context.settings.schedule.every)


def begin_channel(context: Context, connection: Connection) -> None:
    """Fixes from when on this channel reports news, if nothing did before."""
    channel = context.channel
    if news_store.baseline(connection, channel) is None:
        news_store.set_baseline(connection, channel, _channel_baseline(context, connection))


def _draft(context: Context, period: Period, found: Edition | None) -> Edition:
    """The period's draft, made if it is missing; older drafts are closed into it."""
    channel = context.channel
    with context.database.begin() as connection:
        begin_channel(context, connection)
        draft = found or edition_store.create(connection, period, channel, secrets.token_hex(8))
        for older in edition_store.listed(connection, channel=channel, states=OPEN_DRAFT):
            if older.period.scheduled_at < period.scheduled_at:
                _close(connection, older, draft)
        return edition_store.get(connection, draft.id)


def _close(connection: Connection, older: Edition, draft: Edition) -> None:
    """Closes a draft whose period has passed: its note, if there is no other, moves on."""
    if older.note and not draft.note:
        edition_store.set_note(connection, draft.id, older.note)
    edition_store.move(
        connection,
        older.id,
        older.state,
        EditionState.CANCELLED,
        reasons=[f"It did not go out in its time; its posts are in {draft.key}."],
    )


def _fuse(context: Context, items: Sequence[DigestItem], placed: Placed) -> tuple[Hold, ...]:
    updated = [item for item in items if item.kind is ItemKind.UPDATED]
    new = {item.post_id for item in items if item.kind is ItemKind.NEW}
    with context.database.read() as connection:
        seen = news_store.posts_in_last_answers(connection, without=new)
    limits = context.settings.fuse
    hold = fuse(
        len(items),
        len(updated),
        seen,
        max_items=limits.max_items,
        max_share=limits.max_share,
        trials=len(placed.updates),
    )
    return (hold,) if hold else ()


def _save(
    context: Context,
    draft: Edition,
    layout: Layout,
    left_out: tuple[DigestItem, ...],
    placed: Placed,
    choices: Sequence[subscribers.Choice],
) -> Composed:
    held = bool(layout.holds) or any(finding.error for finding in layout.findings)
    shown = layout.shown
    composed = Composed(
        edition=draft,
        items=shown.items,
        left_out=left_out,
        rolled_over=layout.rolled_over,
        trials=shown.trials,
        trials_left_out=placed.left_out,
        trials_waiting=placed.waiting,
        variants=layout.variants,
        findings=layout.findings,
        holds=layout.holds,
    )
    with context.database.begin() as connection:
        saved = edition_store.save_draft(
            connection,
            draft,
            state=EditionState.HELD if held else EditionState.DRAFT,
            reasons=composed.reasons,
            checksum=checksum_of(layout.variants),
            items=shown.items,
            left_out=left_out,
            variants=layout.variants,
            choices=_assigned(context, layout, choices),
            now=context.now(),
        )
        if saved:
            edition_trials.replace(
                connection,
                draft.id,
                updates=shown.trials,
                left_out=placed.left_out,
                items=shown.items,
            )
        return replace(composed, edition=edition_store.get(connection, draft.id) if shown else None)


def _assigned(
    context: Context, layout: Layout, choices: Sequence[subscribers.Choice]
) -> list[Choice]:
    """Which variant the people of each choice get; none where there is nothing for them."""
    there = {variant.key for variant in layout.variants}
    assigned = []
    for choice in choices:
        variant = variant_for(choice.topics, choice.form, topic_keys(context)).key
        assigned.append(
            Choice(
                topics=subscribers.TOPIC_JOINER.join(choice.topics),
                form=choice.form,
                people=choice.count,
                variant=variant if variant in there else None,
            )
        )
    return assigned
