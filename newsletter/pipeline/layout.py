"""Layout: renders what fits into one mail, in each variant that somebody wants, and checks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import subscribers.model as subscribers
from newsletter.delivery.gates import Hold
from newsletter.editions.check import SIZE_LIMIT, mail_size
from newsletter.editions.fit import best_fit
from newsletter.editions.select import Topic, Variant, for_variant, variants_of
from newsletter.editions.wording import shortened, title_of
from newsletter.errors import RenderError
from newsletter.model.edition import (
    Digest,
    DigestItem,
    Edition,
    Finding,
    Fit,
    ItemKind,
    Masthead,
    Rendered,
    Tags,
    TrialUpdate,
)
from newsletter.model.page import Withdrawn
from newsletter.pipeline.context import Context, masthead_of, tags_of
from newsletter.pipeline.quality import findings_of

_MOST_POSTS = 100
"""More posts than any mail has room for, even by their titles; no more are even tried."""

_NAME_LIMIT = 80
"""Characters of a title in a sentence to the admin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """What an edition may show: trial updates, then posts."""

    items: tuple[DigestItem, ...]
    trials: tuple[TrialUpdate, ...] = ()

    def __len__(self) -> int:
        return len(self.trials) + len(self.items)

    def posts(self, number: int) -> Entries:
        """All trial updates, and the first posts."""
        return replace(self, items=self.items[:number])

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
    rolled_over: tuple[DigestItem, ...] = ()
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
    """Renders what a mail has room for, the trial updates always; the last posts may roll over."""
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
        shown, variants = _printed(print_, entries, wanted)
        if entries.items and not shown.items:
            print_.alone(entries.items[0], wanted)
    except RenderError as error:
        hold = Hold(code="render", message=error.message, mend=error.mend, confirmable=False)
        return Layout(shown=entries.posts(_MOST_POSTS), holds=(hold,))
    return Layout(
        shown=shown,
        rolled_over=entries.items[len(shown.items) :],
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

    def __call__(self, entries: Entries, variant: Variant, fit: Fit) -> Rendered:
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
            fit=fit,
        )
        return render(digest, self.tags, overrides=self.context.settings.templates_path())

    def fitted(self, entries: Entries, variant: Variant, left: int) -> tuple[Rendered, Fit]:
        """The variant cut to a mail's size, and how; `left` posts were left out before."""
        printed: dict[Fit, Rendered] = {}

        def fits(fit: Fit) -> bool:
            there = entries.posts(len(entries.items) - fit.left)
            printed[fit] = self(there, variant, replace(fit, left=fit.left + left))
            return mail_size(printed[fit], self.tags) <= SIZE_LIMIT

        fit = best_fit(len(entries.items), len(entries.trials), fits)
        return printed[fit], fit

    def alone(self, post: DigestItem, wanted: Sequence[Variant]) -> None:
        """Raises RenderError for a post that fits into no mail: it would keep back all others."""
        for form in dict.fromkeys(variant.form for variant in wanted):
            bare = self(Entries(items=()), Variant(topics=(), form=form), Fit())
            if mail_size(bare, self.tags) > SIZE_LIMIT:
                raise RenderError(
                    "The mail is too large without any post.",
                    "Shorten the note with `newsletter editions note`, `footer` under [look], or"
                    " what your own templates add.",
                )
            _, fit = self.fitted(Entries(items=(post,)), Variant(topics=(), form=form), 0)
            if fit.left:
                name = shortened(title_of(post), _NAME_LIMIT)
                raise RenderError(
                    f"The post “{name}” ({post.url}) is too large for a mail, even as a title.",
                    "Leave it out with `newsletter editions drop EDITION POST`, or give it a"
                    " shorter title on the blog.",
                )


def _printed(
    print_: _Printer, entries: Entries, wanted: Sequence[Variant]
) -> tuple[Entries, tuple[Rendered, ...]]:
    """What all variants show of the entries, and the variants.

    What is left out of the whole digest in one form is left out of every variant.
    """
    tried = entries.posts(_MOST_POSTS)
    beyond = len(entries.items) - len(tried.items)
    forms = dict.fromkeys(variant.form for variant in wanted)
    whole = {form: print_.fitted(tried, Variant(topics=(), form=form), beyond) for form in forms}
    left = max(fit.left for _, fit in whole.values())
    shown = entries.posts(len(tried.items) - left)
    behind = entries.items[len(shown.items) :]
    variants = (
        whole[variant.form][0]
        if not (variant.topics or left)
        else print_.fitted(mine, variant, len(for_variant(behind, variant)))[0]
        for variant in wanted
        if (mine := shown.of(variant))
    )
    return shown, tuple(variants)
