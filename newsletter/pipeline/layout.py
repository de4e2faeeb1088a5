"""Layout: renders what fits into one mail, in each variant that somebody wants, and checks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import subscribers.model as subscribers
from newsletter.delivery.gates import Hold
from newsletter.editions.check import SIZE_LIMIT, mail_size
from newsletter.editions.select import Topic, Variant, for_variant, variants_of
from newsletter.errors import RenderError
from newsletter.model.edition import (
    Digest,
    DigestItem,
    Edition,
    Finding,
    Form,
    ItemKind,
    Masthead,
    Rendered,
    Tags,
    TrialUpdate,
)
from newsletter.model.page import Withdrawn
from newsletter.pipeline.context import Context, masthead_of, tags_of
from newsletter.pipeline.quality import findings_of

_MOST_ITEMS = 100
"""More entries than any mail has room for; no more are even tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """What an edition may show: trial updates, then posts."""

    items: tuple[DigestItem, ...]
    trials: tuple[TrialUpdate, ...] = ()

    def __len__(self) -> int:
        return len(self.trials) + len(self.items)

    def first(self, number: int) -> Entries:
        """The first ones, in the order of the mail."""
        posts = max(0, number - len(self.trials))
        return Entries(items=self.items[:posts], trials=self.trials[:number])

    def after(self, number: int) -> Entries:
        """Those behind the first ones."""
        posts = max(0, number - len(self.trials))
        return Entries(items=self.items[posts:], trials=self.trials[number:])

    def of(self, variant: Variant) -> Entries:
        """What a variant shows of them."""
        return Entries(
            items=tuple(for_variant(self.items, variant)),
            trials=tuple(for_variant(self.trials, variant)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """An edition laid out: what fits, what does not, and the rendered variants of what does."""

    shown: Entries
    rolled_over: Entries = Entries(items=())
    variants: tuple[Rendered, ...] = ()
    findings: tuple[Finding, ...] = ()
    holds: tuple[Hold, ...] = ()


def lay_out(
    context: Context,
    draft: Edition,
    entries: Entries,
    choices: Sequence[subscribers.Choice],
    *,
    sample: bool = False,
    withdrawn: tuple[Withdrawn, ...] = (),
) -> Layout:
    """Renders as many entries, first to last, as a mail has room for; the rest rolls over."""
    if not entries:
        return Layout(shown=entries)
    tags, masthead = tags_of(context.settings, draft.nonce), masthead_of(context.settings)
    wanted = variants_of(choices, topic_keys(context))
    print_ = _Printer(
        context=context,
        draft=draft,
        tags=tags,
        masthead=masthead,
        sample=sample,
        withdrawn=withdrawn,
    )
    try:
        room = _room(print_, entries)
        shown = entries.first(room)
        variants = tuple(
            print_(shown.of(variant), variant) for variant in wanted if shown.of(variant)
        )
    except RenderError as error:
        hold = Hold(code="render", message=error.message, mend=error.mend, confirmable=False)
        return Layout(shown=entries.first(_MOST_ITEMS), holds=(hold,))
    return Layout(
        shown=shown,
        rolled_over=entries.after(room),
        variants=variants,
        findings=findings_of(context, draft.nonce, variants),
    )


def topics(context: Context) -> list[Topic]:
    """The topics of the settings, in their order."""
    return [
        Topic(key=t.key, categories=t.categories, title_pattern=t.title_pattern)
        for t in context.settings.topics
    ]


def topic_keys(context: Context) -> list[str]:
    """The keys of the settings' topics, in their order."""
    return [topic.key for topic in context.settings.topics]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Printer:
    """Renders entries as one variant of a draft."""

    context: Context
    draft: Edition
    tags: Tags
    masthead: Masthead
    sample: bool
    withdrawn: tuple[Withdrawn, ...]

    def __call__(self, entries: Entries, variant: Variant) -> Rendered:
        from newsletter.editions.render import render  # the template engine takes time to import

        digest = Digest(
            period=self.draft.period,
            masthead=self.masthead,
            variant=variant.name,
            form=variant.form,
            note=self.draft.note,
            trials=entries.trials,
            updated=tuple(i for i in entries.items if i.kind is ItemKind.UPDATED),
            new=tuple(i for i in entries.items if i.kind is ItemKind.NEW),
            sample=self.sample,
            withdrawn=self.withdrawn,
        )
        return render(digest, self.tags, overrides=self.context.settings.templates_path())


def _room(print_: _Printer, entries: Entries) -> int:
    """How many of the entries fit into one mail, at least one; found by halving."""
    everything = Variant(topics=(), form=Form.NORMAL)
    fits, too_many = 1, min(len(entries), _MOST_ITEMS) + 1
    attempt = too_many - 1
    while fits + 1 < too_many:
        rendered = print_(entries.first(attempt), everything)
        if mail_size(rendered, print_.tags) <= SIZE_LIMIT:
            fits = attempt
        else:
            too_many = attempt
        attempt = (fits + too_many) // 2
    return fits
