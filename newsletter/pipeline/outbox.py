"""The outbox's pages: `OUTBOX/index.html`, and each edition as it looks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from newsletter.delivery.transports.contract import LETTER_FOLDER, NOTICE_FOLDER, TEST_FOLDER
from newsletter.editions.preview import (
    SHOWN_MESSAGES,
    OutboxEdition,
    look,
    look_text,
    outbox_page,
)
from newsletter.model.edition import Rendered
from newsletter.pipeline.files import write_private

_LOOK = "look"
_NO_EDITION = (TEST_FOLDER, NOTICE_FOLDER, LETTER_FOLDER)


def write_pages(
    folder: Path, edition_key: str, rendered: Rendered, *, pictures: Mapping[str, str]
) -> None:
    """Writes how an edition looks, and the page that lists all editions of the outbox."""
    looks = folder / edition_key / _LOOK
    write_private(looks / "all.html", look(rendered.html, "light", pictures=pictures))
    write_private(looks / "all.txt", look_text(rendered.text))
    write_private(looks / "all.subject.txt", rendered.subject + "\n")
    write_index(folder)


def write_index(folder: Path) -> None:
    """Writes the page that lists the editions of an outbox."""
    editions = sorted(
        (found for found in folder.iterdir() if found.is_dir() and found.name not in _NO_EDITION),
        reverse=True,
    )
    write_private(folder / "index.html", outbox_page([_edition(found) for found in editions]))


def _edition(folder: Path) -> OutboxEdition:
    names = sorted(path.name for path in folder.glob("*.eml"))
    subject = folder / _LOOK / "all.subject.txt"
    return OutboxEdition(
        key=folder.name,
        subject=subject.read_text(encoding="utf-8").strip() if subject.exists() else "",
        total=len(names),
        messages=tuple(f"{folder.name}/{name}" for name in names[:SHOWN_MESSAGES]),
        html=f"{folder.name}/{_LOOK}/all.html" if subject.exists() else "",
        text=f"{folder.name}/{_LOOK}/all.txt" if subject.exists() else "",
    )
