"""`newsletter demo`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.app import App, pass_app
from newsletter.cli.output import emit, json_option, say

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from newsletter.pipeline.report import Report
    from newsletter.wiring import Wiring

_MARKER = "# Settings of the demo"
_MADE = ("newsletter.db", "newsletter.db-wal", "newsletter.db-shm", "newsletter.db.lock")


@click.command("demo")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"))
@click.option("--open", "open_", is_flag=True, help="Open the mail in the browser.")
@json_option
@pass_app
def command(app: App, directory: Path, open_: bool) -> int:
    """Show the whole job on a small bundled blog, offline, into DIRECTORY.

    Two weeks of a made-up blog are served from this computer: the first edition brings its newest
    post, the second what changed in a clinical trial. Made-up people get their mails as files.
    Nothing is sent, and running it again starts afresh.
    """
    from newsletter.demo.blog import RUNS
    from newsletter.demo.server import serve_demo_blog

    tell: Callable[[str], None] = (lambda _line: None) if app.json else say
    reports: list[Report] = []
    with serve_demo_blog(1) as blog:
        _prepare(directory, blog.feed_url, blog.register_url)
        tell(f"A small blog is served at {blog.url}, for this demo only.")
        for week, now in enumerate(RUNS, start=1):
            blog.turn_to(week)
            reports.append(_run_week(directory, week, now, tell))
    pages = _pages(directory, reports)
    emit(app, _json(reports, pages), _text(pages))
    if open_:
        click.launch(pages[0].resolve().as_uri())
    return 0 if all(report.outcome.value == "sent" for report in reports) else 1


def _prepare(directory: Path, feed_url: str, register_url: str) -> None:
    """Makes the folder of the demo, or clears it of an earlier one. Nothing else is touched."""
    from newsletter.demo import blog
    from newsletter.errors import UsageError
    from newsletter.pipeline.files import write_private

    settings = directory / "newsletter.toml"
    if directory.exists() and any(directory.iterdir()):
        earlier = settings.is_file() and settings.read_text("utf-8").startswith(_MARKER)
        if not earlier:
            raise UsageError(
                f"The folder {directory} is not empty, and not one of the demo.",
                "Name another folder: `newsletter demo DIR`.",
            )
        for name in _MADE:
            (directory / name).unlink(missing_ok=True)
        for folder in ("outbox", "preview"):
            shutil.rmtree(directory / folder, ignore_errors=True)
    write_private(settings, blog.settings_for(feed_url, register_url))
    write_private(directory / "subscribers.csv", blog.subscribers())


def _run_week(directory: Path, week: int, now: datetime, tell: Callable[[str], None]) -> Report:
    """One week of the job, as the commands would do it, at the moment `now`."""
    from newsletter.cli.wording import send_text
    from newsletter.pipeline.preview import preview
    from newsletter.pipeline.send import send

    wiring = _wiring(directory, now)
    try:
        if week == 1:
            people = _import(wiring, directory / "subscribers.csv")
            tell(f"{people} made-up people are on the list.")
        context = wiring.context(tell=tell, progress=lambda _advance: None)
        report = send(context, confirm=lambda _question: False)
        if report.edition is not None:
            key = report.edition.key
            preview(context, directory / "preview", key=key, pictures=wiring.pictures)
    finally:
        wiring.close()
    tell(f"\nWeek {week}, {now:%A %d %B %Y}:\n{send_text(report)}")
    return report


def _wiring(directory: Path, now: datetime) -> Wiring:
    from newsletter.config import load
    from newsletter.demo.blog import pictures_inline
    from newsletter.wiring import CLOCK_VARIABLE, Wiring

    environ = {CLOCK_VARIABLE: now.isoformat()}
    wiring = Wiring(load(directory / "newsletter.toml", environ), environ)
    wiring.pictures = pictures_inline()
    return wiring


def _import(wiring: Wiring, file: Path) -> int:
    from subscribers.importing import import_file
    from subscribers.store.people import active_count

    topics = [topic.key for topic in wiring.settings.topics]
    import_file(file, begin=wiring.begin, now=wiring.now(), topics=topics)
    with wiring.read() as connection:
        return active_count(connection)


def _pages(directory: Path, reports: list[Report]) -> list[Path]:
    keys = [report.edition.key for report in reversed(reports) if report.edition]
    previews = [directory / "preview" / key / "index.html" for key in keys]
    return [*previews, directory / "outbox" / "index.html"]


def _json(reports: list[Report], pages: list[Path]) -> dict[str, object]:
    from newsletter.cli.wording import send_json

    return {
        "editions": [send_json(report) for report in reports],
        "open": [str(page) for page in pages],
    }


def _text(pages: list[Path]) -> str:
    return "\n".join(["", "Open these files in a browser:", *(f"  {page}" for page in pages)])
