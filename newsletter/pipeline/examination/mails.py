"""The mails: whether a made-up edition renders with these settings and templates, and is sound."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.editions.check import check, check_look, mail_size
from newsletter.editions.render import render
from newsletter.errors import RenderError
from newsletter.model.edition import Finding
from newsletter.model.remark import Remark, fine, problem, warning
from newsletter.pipeline.context import tags_of
from newsletter.pipeline.examination.surroundings import Surroundings
from newsletter.pipeline.samples import NONCE, sample_digest
from newsletter.resources import templates_dir


def templates(around: Surroundings) -> Iterator[Remark]:
    """A made-up edition with all that one can show, through the same quality check."""
    yield from _overrides(around)
    digest = sample_digest(around.settings, around.now())
    tags = tags_of(around.settings, NONCE)
    try:
        rendered = render(digest, tags, overrides=around.settings.templates_path())
    except RenderError as error:
        yield problem("templates", error.message, error.mend)
        return
    found = [*check_look(digest.masthead.look), *check(rendered, tags, digest.masthead)]
    yield from map(_remark, found)
    if not any(finding.error for finding in found):
        size = mail_size(rendered, tags)
        yield fine("templates", f"A made-up edition renders and passes the checks; {size:,} bytes.")


def _remark(finding: Finding) -> Remark:
    return (problem if finding.error else warning)("templates", finding.message, finding.mend)


def _overrides(around: Surroundings) -> Iterator[Remark]:
    """The admin's own templates; a file with another name than one of ours changes nothing."""
    folder = around.settings.templates_path()
    own = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
    for name in own:
        if (templates_dir() / name).is_file():
            yield fine("templates", f"templates/{name} is used instead of the program's own.")
        elif name.endswith(".j2"):
            mend = "Give it the name of one of them, or see that another of yours includes it."
            yield warning("templates", f"templates/{name} replaces none of the program's.", mend)
