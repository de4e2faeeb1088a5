"""The mails: whether a made-up edition renders with these settings and templates, and is sound."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from newsletter.editions.check import POSTAL_ADDRESS, check, check_look, mail_size
from newsletter.editions.period import period_of
from newsletter.editions.render import render
from newsletter.errors import RenderError
from newsletter.model.edition import Digest, DigestItem, Finding, Form, ItemKind
from newsletter.model.remark import Remark, fine, problem, warning
from newsletter.pipeline.context import masthead_of, schedule_of, tags_of
from newsletter.pipeline.examination.surroundings import Surroundings
from newsletter.resources import templates_dir

_NONCE = "0" * 16


def templates(around: Surroundings) -> Iterator[Remark]:
    """A new and an updated post, as an edition would show them, through the same quality check.

    A postal address that is missing is spoken of with the settings.
    """
    yield from _overrides(around)
    digest, tags = _sample(around), tags_of(around.settings, _NONCE)
    try:
        rendered = render(digest, tags, overrides=around.settings.templates_path())
    except RenderError as error:
        yield problem("templates", error.message, error.mend)
        return
    said = (*check_look(digest.masthead.look), *check(rendered, tags, digest.masthead))
    found = [finding for finding in said if finding.code != POSTAL_ADDRESS]
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


def _sample(around: Surroundings) -> Digest:
    return Digest(
        period=period_of(schedule_of(around.settings), around.now()),
        masthead=masthead_of(around.settings),
        variant="all",
        form=Form.NORMAL,
        note="A note *to see* how one looks.",
        updated=(_post(around, ItemKind.UPDATED),),
        new=(_post(around, ItemKind.NEW),),
        sample=True,
    )


def _post(around: Surroundings, kind: ItemKind) -> DigestItem:
    updated = kind is ItemKind.UPDATED
    return DigestItem(
        post_id=1,
        revision_id=1,
        kind=kind,
        title=f"A made-up post that is {kind}",
        url=f"{around.settings.newsletter.website}/made-up-{kind}/",
        published=around.now() - timedelta(days=1),
        updated=around.now() if updated else None,
        excerpt="This post does not exist. It shows how one would look.",
        change="There is a new section." if updated else "",
        quote_html="<p>The words of the new section.</p>" if updated else "",
        quote_text="The words of the new section." if updated else "",
    )
