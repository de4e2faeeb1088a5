"""Preview: the exact bytes of an edition as files, with a page that shows them side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from newsletter.delivery.states import OPEN_DRAFT
from newsletter.editions.period import period_of
from newsletter.editions.preview import Shown, preview_files
from newsletter.errors import HeldError
from newsletter.model.edition import (
    DigestItem,
    Edition,
    EditionState,
    Finding,
    Form,
    ItemKind,
    Rendered,
    TrialUpdate,
)
from newsletter.pipeline.availability import POST_GONE, Availability
from newsletter.pipeline.availability import findings as link_findings
from newsletter.pipeline.compose import Composed, as_stored, compose
from newsletter.pipeline.context import Context, schedule_of, tags_of
from newsletter.pipeline.files import write_private
from newsletter.pipeline.layout import Entries, lay_out
from newsletter.pipeline.naming import named
from newsletter.pipeline.presentation import present
from newsletter.pipeline.quality import findings_of
from newsletter.pipeline.trial_placing import with_lines
from newsletter.store import editions as edition_store
from newsletter.store import posts as post_store
from newsletter.store.lock import run_lock
from subscribers.model import Choice

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
    watched: bool = False,
) -> Preview | None:
    """Writes the edition `key`, or the draft of the current period, into `out`.

    A `watched` page looks for a newer one by itself. None when there is nothing to say. Raises
    UsageError for an edition that does not exist, HeldError when it cannot be rendered.
    """
    composed = _stored(context, key) if key else _current(context)
    if composed.edition is None:
        return None
    if not composed.variants:
        raise HeldError(f"{composed.edition.key} cannot be shown.", " ".join(composed.reasons))
    edition = composed.edition
    findings = findings_of(context, edition.nonce, composed.variants)
    shown = _shown(
        context, edition, composed.variants, (*findings, *_said_of_links(context, composed))
    )
    page = _write(out / edition.key, replace(shown, watched=watched), pictures or {})
    entries = Entries(items=composed.items, trials=composed.trials)
    written = _preview(page, shown, entries)
    if edition.state in OPEN_DRAFT:
        with context.database.begin() as connection:
            edition_store.note_preview(connection, edition.id, edition.checksum)
    return written


def sample(
    context: Context,
    out: Path,
    *,
    pictures: Mapping[str, str] | None = None,
    watched: bool = False,
) -> Preview | None:
    """Writes how the latest posts would look in every form, marked SAMPLE.

    It is stored nowhere and never sent. A `watched` page looks for a newer one by itself.
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
    choices = [Choice(topics=(), form=form, count=0) for form in Form]
    layout = lay_out(context, edition, entries, choices, sample=True)
    if not layout.variants:
        raise HeldError(
            "The sample cannot be shown.", " ".join(f"{h.message} {h.mend}" for h in layout.holds)
        )
    shown = _shown(context, edition, layout.variants, layout.findings)
    page = _write(out / "sample", replace(shown, watched=watched), pictures or {})
    return replace(_preview(page, shown, layout.shown), sample=True)


def _current(context: Context) -> Composed:
    with run_lock(context.database):
        return compose(context, period_of(schedule_of(context.settings), context.now()))


def _stored(context: Context, key: str) -> Composed:
    with context.database.read() as connection:
        return as_stored(connection, named(context, key))


def _shown(
    context: Context, edition: Edition, variants: Sequence[Rendered], findings: Sequence[Finding]
) -> Shown:
    return Shown(
        edition_key=edition.key,
        variants=variants,
        findings=findings,
        tags=tags_of(context.settings, edition.nonce),
        sender=edition.sender or context.settings.newsletter.sender,
        held=edition.reasons if edition.state is EditionState.HELD else (),
    )


def _write(folder: Path, shown: Shown, pictures: Mapping[str, str]) -> Path:
    for name, content in preview_files(shown, pictures=pictures).items():
        write_private(folder / name, content)
    return folder / "index.html"


def _preview(page: Path, shown: Shown, entries: Entries) -> Preview:
    return Preview(
        page=page,
        edition_key=shown.edition_key,
        subject=shown.variants[0].subject,
        items=entries.items,
        trials=entries.trials,
        variants=tuple(variant.key for variant in shown.variants),
        findings=tuple(shown.findings),
        held=tuple(shown.held),
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
