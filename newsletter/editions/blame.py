"""Who is to blame when a digest cannot be turned into HTML: a post, and a line of a template."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from newsletter.editions.mjml import mjml_to_html
from newsletter.editions.mjml_fault import fault_in
from newsletter.editions.mjml_order import misplaced_in
from newsletter.errors import RenderError
from newsletter.model.edition import Digest
from newsletter.templating import Templates

_MEND_OWN = "Correct the template, or delete it so that the one that came with the program is used."


def culprit(digest: Digest, mjml_of: Callable[[Digest], str]) -> tuple[str, Digest] | None:
    """The entry that cannot be rendered even alone, in words, and a digest of it alone.

    None when none is, or when not even a digest without entries can be rendered.
    """
    bare = replace(digest, note="", trials=(), updated=(), new=(), withdrawn=())
    if not _renders(bare, mjml_of):
        return None
    return next((found for found in _alone(digest, bare) if not _renders(found[1], mjml_of)), None)


def located(
    error: RenderError,
    about: str,
    templates: Templates,
    name: str,
    values: Mapping[str, object],
) -> RenderError:
    """The error with the template's file and the line that the fault is in, where it is found.

    `about` says what cannot be rendered; `name` and `values` are what it is rendered from.
    """
    if error.file:  # a template that cannot be filled is named already
        return error
    traced = templates.trace(name, values)
    fault = fault_in(traced.text) or misplaced_in(traced.text)
    if fault is None:
        return error
    found, line = traced.at(fault.offset)
    if not found:
        return error
    shown = templates.shown(found)
    return RenderError(
        f"{about} cannot be turned into HTML: in {shown}, line {line}, {fault.said}.",
        _MEND_OWN if templates.is_own(templates.file_of(found)) else error.mend,
        file=shown,
        line=line,
    )


def _renders(digest: Digest, mjml_of: Callable[[Digest], str]) -> bool:
    try:
        mjml_to_html(mjml_of(digest), about="")
    except RenderError:
        return False
    return True


def _alone(digest: Digest, bare: Digest) -> Iterator[tuple[str, Digest]]:
    yield from ((f"The trial {u.note.number}", replace(bare, trials=(u,))) for u in digest.trials)
    for item in digest.updated:
        yield f"The post “{item.title}” ({item.url})", replace(bare, updated=(item,))
    for item in digest.new:
        yield f"The post “{item.title}” ({item.url})", replace(bare, new=(item,))
