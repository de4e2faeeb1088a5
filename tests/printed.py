"""Editions as the commands make them, in each variant and form that somebody wants."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from newsletter.demo import blog
from newsletter.demo.server import serve_demo_blog
from newsletter.model.edition import Form
from tests.acceptance.runner import Desk

FORMS = ("all", *(f"all.{form.value}" for form in Form if form is not Form.NORMAL))
"""The variants of somebody who takes everything, by their names: one for each form."""

DEMO_VARIANTS = ("trials", "living", *FORMS)

_TAG = re.compile(r"-nl-[0-9a-f]+-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """One variant of an edition: its parts as they are kept, and the message that went out.

    `html` and `mjml` are "" where a variant is text alone.
    """

    edition: str
    variant: str
    subject: str
    mjml: str
    html: str
    text: str
    message: bytes


def demo_editions(folder: Path) -> list[Printed]:
    """Both editions of the demo's blog, in every variant of DEMO_VARIANTS."""
    desk = Desk(folder)
    printed: list[Printed] = []
    with serve_demo_blog(1) as served:
        settings = blog.settings_for(served.feed_url, served.register_url)
        (folder / "newsletter.toml").write_text(settings, encoding="utf-8")
        readers(desk, DEMO_VARIANTS)
        for week, now in enumerate(blog.RUNS, start=1):
            served.turn_to(week)
            desk.now = now.isoformat()
            printed += print_edition(desk, desk.send()["edition"])
    return printed


def readers(desk: Desk, variants: Iterable[str]) -> None:
    """One reader for each variant, whose address begins with its name."""
    rows = []
    for variant in variants:
        topics = variant.partition(".")[0]
        rows.append(f"{variant}@example.org,{'' if topics == 'all' else topics.replace('+', ';')}")
    desk.people(*rows)
    with closing(sqlite3.connect(desk.folder / "newsletter.db")) as database, database:
        for variant in variants:
            choice = (variant.partition(".")[2] or Form.NORMAL.value, f"{variant}@example.org")
            changed = database.execute(
                "UPDATE subscriber_person SET form = ? WHERE address = ?", choice
            )
            assert changed.rowcount == 1


def print_edition(desk: Desk, edition: str) -> list[Printed]:
    """An edition that is out, for each of its `readers`, by the names of their variants."""
    assert desk.call("preview", edition, "--out", "preview").code == 0
    place = desk.folder / "preview" / edition
    printed = []
    for mail in desk.mails(edition):
        variant = mail.to.partition("@")[0]
        mjml, html, text = (_part(place, variant, end) for end in ("mjml", "html", "txt"))
        assert text
        printed.append(
            Printed(
                edition=edition,
                variant=variant,
                subject=mail.subject,
                mjml=mjml,
                html=html,
                text=text,
                message=mail.file.read_bytes(),
            )
        )
    return printed


def without_nonce(part: str) -> str:
    """A part with the random number of its edition taken out of the tags for personal links."""
    return _TAG.sub("-nl-0-", part)


def _part(place: Path, variant: str, ending: str) -> str:
    file = place / f"{variant}.{ending}"
    return file.read_text(encoding="utf-8") if file.exists() else ""
