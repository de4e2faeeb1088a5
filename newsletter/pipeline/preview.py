"""Preview: the exact bytes of an edition as files, with a page that shows them side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from newsletter.delivery.states import OPEN_DRAFT
from newsletter.editions.period import period_of
from newsletter.editions.preview import preview_files
from newsletter.errors import HeldError
from newsletter.model.edition import (
    DigestItem,
    Edition,
    EditionState,
    Finding,
    ItemKind,
    Rendered,
    TrialUpdate,
)
from newsletter.pipeline.availability import POST_GONE, Availability
from newsletter.pipeline.availability import findings as link_findings
from newsletter.pipeline.compose import Composed, as_stored, compose
from newsletter.pipeline.context import Context, schedule_of
from newsletter.pipeline.files import write_private
from newsletter.pipeline.layout import Entries, lay_out
from newsletter.pipeline.naming import named
from newsletter.pipeline.presentation import present
from newsletter.pipeline.quality import findings_of
from newsletter.pipeline.trial_placing import with_lines
from newsletter.store import editions as edition_store
from newsletter.store import posts as post_store
from newsletter.store.lock import run_lock

SAMPLE_POSTS = 4
"""How many of the latest posts a sample shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Where a preview was written, and what it shows.

    `page` is the file to open; `held` says why the edition waits, if it does.
    """

    page: Path
    edition_key: str
    subject: str
    items: tuple[DigestItem, ...]
    trials: tuple[TrialUpdate, ...]
    variants: tuple[str, ...]
    findings: tuple[Finding, ...]
    held: tuple[str, ...] = ()
    sample: bool = False


def preview(
    context: Context,
    out: Path,
    *,
    key: str | None = None,
    pictures: Mapping[str, str] | None = None,
) -> Preview | None:
    """Writes the edition `key`, or the draft of the current period, into `out`.

    None when there is nothing to say. Raises UsageError for an edition that does not exist,
    HeldError when it cannot be rendered.
    """
    composed = _stored(context, key) if key else _current(context)
    if composed.edition is None:
        return None
    if not composed.variants:
        raise HeldError(f"{composed.edition.key} cannot be shown.", " ".join(composed.reasons))
    edition = composed.edition
    shown = Entries(items=composed.items, trials=composed.trials)
    said = _said_of_links(context, composed)
    written = _write(context, out, edition, composed.variants, shown, pictures or {}, said=said)
    if edition.state in OPEN_DRAFT:
        with context.database.begin() as connection:
            edition_store.note_preview(connection, edition.id, edition.checksum)
    return written


def sample(
    context: Context, out: Path, *, pictures: Mapping[str, str] | None = None
) -> Preview | None:
    """Writes how the latest posts would look, marked SAMPLE; it is stored nowhere and never sent.

    None when no post is known yet.
    """
    with context.database.read() as connection:
        latest = post_store.latest(connection, SAMPLE_POSTS)
    if not latest:
        return None
    items = [present(candidate, ItemKind.NEW, None) for candidate in latest]
    with context.database.read() as connection:
        entries = Entries(items=with_lines(context, connection, items))
    edition = _sample_edition(context)
    layout = lay_out(context, edition, entries, (), sample=True)
    if not layout.variants:
        raise HeldError("The sample cannot be shown.", " ".join(h.message for h in layout.holds))
    shown = layout.shown
    return _write(context, out, edition, layout.variants, shown, pictures or {}, sample=True)


def _current(context: Context) -> Composed:
    with run_lock(context.database):
        return compose(context, period_of(schedule_of(context.settings), context.now()))


def _stored(context: Context, key: str) -> Composed:
    with context.database.read() as connection:
        return as_stored(connection, named(context, key))


def _write(
    context: Context,
    out: Path,
    edition: Edition,
    variants: tuple[Rendered, ...],
    shown: Entries,
    pictures: Mapping[str, str],
    *,
    said: tuple[Finding, ...] = (),
    sample: bool = False,
) -> Preview:
    findings = (*findings_of(context, edition.nonce, variants), *said)
    folder = out / ("sample" if sample else edition.key)
    for name, content in preview_files(edition.key, variants, findings, pictures=pictures).items():
        write_private(folder / name, content)
    return Preview(
        page=folder / "index.html",
        edition_key=edition.key,
        subject=variants[0].subject,
        items=shown.items,
        trials=shown.trials,
        variants=tuple(variant.key for variant in variants),
        findings=findings,
        held=edition.reasons if edition.state is EditionState.HELD else (),
        sample=sample,
    )


def _said_of_links(context: Context, composed: Composed) -> tuple[Finding, ...]:
    """What was found when the links to the blog were tried last; they are not tried here."""
    gone = tuple(finding for finding in composed.findings if finding.code == POST_GONE)
    there = Availability(items=composed.items)
    with context.database.read() as connection:
        return (*gone, *link_findings(context, connection, composed.variants, there))


def _sample_edition(context: Context) -> Edition:
    return Edition(
        id=0,
        period=period_of(schedule_of(context.settings), context.now()),
        channel=context.channel,
        state=EditionState.DRAFT,
        nonce="0" * 16,
        note="",
        reasons=(),
        checksum="",
        previewed_checksum="",
        transport="",
        sender="",
        public_url="",
        undo_minutes=0,
        composed_at=None,
        frozen_at=None,
        planned_at=None,
        finished_at=None,
    )
