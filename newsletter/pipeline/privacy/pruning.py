"""Forgetting in time: what is older than it may be kept goes, by the weekly job or by hand."""

from __future__ import annotations

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
    return tuple(
        Pruned(kept=kept, number=_files(context, kept, dry_run) if kept.is_file
               else _rows(context, kept, dry_run))
        for kept in kept_things(context.settings)
    )  # fmt: skip


def prune_quietly(context: Context) -> None:
    """The same beside a send, which it must not stop: trouble is only told of."""
    try:
        prune(context)
    except NewsletterError as error:
        context.tell(f"Warning: what is too old could not all be forgotten. {error}")


def _rows(context: Context, kept: Kept, dry_run: bool) -> int:
    before = kept.before(context.now())
    with context.database.read() as connection:
        old = retention.count_old(connection, kept.key, before)
    if dry_run or not old:
        return old
    number, more = 0, True
    while more:
        with context.database.begin() as connection:
            done, more = retention.forget_old(connection, kept.key, before)
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
