"""Forgetting in time: what is older than it may be kept goes, by the weekly job or by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.errors import NewsletterError, StoreError
from newsletter.pipeline.context import Context
from newsletter.pipeline.privacy import files
from newsletter.pipeline.privacy.keeping import Kept, kept_things
from newsletter.store import retention


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """How many of a thing were forgotten, or in a dry run would be."""

    kept: Kept
    number: int


def prune(context: Context, *, dry_run: bool = False) -> tuple[Pruned, ...]:
    """Forgets what is older than it may be kept; may be repeated, and beside a run.

    Raises StoreError for the database, and for a file that cannot be deleted.
    """
    things = kept_things(context.settings)
    old = _old_rows(context, things)
    done = []
    for kept in things:
        if kept.is_file:
            number = _files(context, kept, dry_run)
        else:
            number = old[kept.key]
            if number and not dry_run:
                number = _forget(context, kept)
        done.append(Pruned(kept=kept, number=number))
    if not dry_run:
        context.database.leave_no_trace()
    return tuple(done)


def prune_quietly(context: Context) -> None:
    """The same beside a send, which it must not stop: trouble is only told of."""
    try:
        prune(context)
    except NewsletterError as error:
        context.tell(f"Warning: what is too old could not all be forgotten. {error}")


def _old_rows(context: Context, things: Sequence[Kept]) -> dict[str, int]:
    """How many rows of each kind are too old: mostly none, and then there is nothing to write."""
    now = context.now()
    with context.database.read() as connection:
        return {
            kept.key: retention.count_old(connection, kept.key, kept.before(now), now=now)
            for kept in things
            if not kept.is_file
        }


def _forget(context: Context, kept: Kept) -> int:
    now = context.now()
    number, more = 0, True
    while more:
        with context.database.begin() as connection:
            done, more = retention.forget_old(connection, kept.key, kept.before(now), now=now)
        number += done
        if more:
            context.database.give_way()
    return number


def _files(context: Context, kept: Kept, dry_run: bool) -> int:
    before = kept.before(context.now())
    is_mails = kept.key == "outbox"
    old = (files.old_mails if is_mails else files.old_rejects)(context, before)
    if dry_run or not old:
        return len(old)
    try:
        if is_mails:
            files.remove_mails(context, old)
        else:
            for each in old:
                each.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"{error.filename} cannot be deleted: {error.strerror}.",
            "Check who owns the folder, and run `newsletter privacy prune` again.",
        ) from None
    return len(old)
