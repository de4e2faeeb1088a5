"""The files by which the admin looks at an outbox."""

from __future__ import annotations

from pathlib import Path

from newsletter.editions.anatomy import anatomy_of
from newsletter.editions.render import render
from newsletter.pipeline.outbox import write_pages
from tests.digests import TAGS, a_digest, new_post


def test_no_file_to_look_at_has_a_placeholder_and_every_link_leads_to_a_file(
    tmp_path: Path,
) -> None:
    message = tmp_path / "2026-W47" / "0123.eml"
    message.parent.mkdir()
    message.write_text("To: ann@example.org\n\nHello\n", encoding="utf-8")
    write_pages(tmp_path, "2026-W47", render(a_digest(new=(new_post(),)), TAGS), pictures={})
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path != message]
    assert len(written) == 4
    for path in written:
        assert "-nl-" not in path.read_text(encoding="utf-8"), path
    links = anatomy_of((tmp_path / "index.html").read_text(encoding="utf-8")).links
    assert len(links) == 3
    assert all((tmp_path / link.href).is_file() for link in links)
