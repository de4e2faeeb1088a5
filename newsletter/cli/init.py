"""`newsletter init`: the settings of a new newsletter, found out from its blog."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.app import App, pass_app
from newsletter.cli.output import emit, interactive, json_option, say, warn

if TYPE_CHECKING:
    from newsletter.config.starter import Start
    from newsletter.model.feed import ParsedFeed

_TRIES = 3


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--feed", metavar="URL", help="The blog's feed, or the blog's address.")
@click.option(
    "--timezone", metavar="NAME", help="Such as Europe/London.  [default: this computer's]"
)
@json_option
@pass_app
def command(app: App, folder: Path | None, feed: str | None, timezone: str | None) -> None:
    """Write the settings of your newsletter into DIR (the current folder).

    Asks for your blog's address and finds its feed. Makes newsletter.toml, a file .env for secrets,
    and a .gitignore; the rehearsal works with them as they are. Nothing is overwritten.

    \b
    Examples:
      newsletter init
      newsletter init my-letter --feed https://blog.example.org/feed/atom/
    """  # noqa: D301 - click wants the character itself
    settings = folder / app.config.name if folder else app.config
    _refuse_existing(settings)
    if not feed and not interactive(app):
        raise click.UsageError(
            "There is no terminal to ask for the blog's address. Give it with --feed URL."
        )
    warnings: list[str] = []
    start = _known(app, feed, _zone(timezone), warnings)
    written = _write(settings, start)
    for warning in warnings:
        warn(warning)
    files = [str(file) for file in written]
    data = {"settings": str(settings), "files": files, "feed": start.feed, "warnings": warnings}
    emit(app, data, _ending(settings, files))


def _refuse_existing(settings: Path) -> None:
    from newsletter.errors import UsageError

    existing = [str(file) for file in (settings, settings.parent / ".env") if file.exists()]
    if existing:
        raise UsageError(
            f"{' and '.join(existing)} would be overwritten. Nothing was written.",
            "Remove what is there, or name another folder: `newsletter init DIR`.",
        )


def _known(app: App, feed: str | None, timezone: str, warnings: list[str]) -> Start:
    """What is known of the newsletter: from its feed, and from the person at the terminal."""
    from newsletter.config.guessing import guess

    url, parsed = _given_feed(feed, warnings) if feed else _asked_feed()
    start = guess(
        feed=url,
        website=parsed.link if parsed else None,
        title=parsed.title if parsed else "",
        language=parsed.language if parsed else None,
        timezone=timezone,
    )
    return _asked(start) if interactive(app) else start


def _given_feed(address: str, warnings: list[str]) -> tuple[str, ParsedFeed | None]:
    """The feed of `--feed`: that very address, or the feed of the blog that is there.

    An address that cannot be reached now is taken, and warned of.
    """
    from newsletter.config.checks import Wrong, web_address
    from newsletter.errors import FeedError

    try:
        address = web_address(address if "://" in address else f"https://{address}")
    except Wrong as wrong:
        raise click.BadParameter(f"{wrong.problem}.", param_hint="--feed") from None
    try:
        return address, _read(address)
    except FeedError as error:
        if error.kind == "html":
            return _discovered(address)
        warnings.append(f"{error.message} It is written down all the same.")
        return address, None


def _asked_feed() -> tuple[str, ParsedFeed | None]:
    from newsletter.errors import FeedError

    for left in reversed(range(_TRIES)):
        address = click.prompt("The address of your blog", err=True).strip()
        say("Looking for its feed …")
        try:
            return _discovered(address)
        except FeedError as error:
            if not left:
                raise
            say(f"{error.message} {error.mend}".strip())
    raise AssertionError("the last try either returns or raises")


def _discovered(address: str) -> tuple[str, ParsedFeed]:
    from newsletter.feeds.discover import discover
    from newsletter.wiring import fetch_page

    found = discover(address, fetch=fetch_page)
    say(f"Found {found.feed_url}")
    return found.feed_url, _read(found.feed_url)


def _read(url: str) -> ParsedFeed:
    from newsletter.feeds.parse import parse
    from newsletter.wiring import fetch_page

    return parse(fetch_page(url))


def _asked(start: Start) -> Start:
    """The guesses as the person at the terminal corrects them."""
    from dataclasses import replace

    from newsletter.config.checks import one_line, sender_line

    title = click.prompt("Its title", default=start.title, value_proc=_checked(one_line), err=True)
    sender = click.prompt(
        "Sender (a name and an address you may send from)",
        default=start.sender,
        value_proc=_checked(sender_line),
        err=True,
    )
    return replace(start, title=title, sender=sender)


def _checked(check: Callable[[str], str]) -> Callable[[str], str]:
    """The check in the form click asks again for."""

    def asked_again(text: str) -> str:
        from newsletter.config.checks import Wrong

        try:
            return check(text)
        except Wrong as wrong:
            raise click.UsageError(f"{wrong.problem}.") from None

    return asked_again


def _zone(given: str | None) -> str:
    """The time zone: as given, or that of the environment or of this computer, or UTC."""
    from newsletter.config.checks import Wrong, time_zone
    from newsletter.wiring import environment

    if given is not None:
        try:
            return time_zone(given)
        except Wrong as wrong:
            told = f"{wrong.problem}. {wrong.hint}".strip()
            raise click.BadParameter(told, param_hint="--timezone") from None
    for name in (environment().get("TZ", "").removeprefix(":"), _system_zone()):
        try:
            return time_zone(name)
        except Wrong:
            continue
    return "UTC"


def _system_zone() -> str:
    """The name behind /etc/localtime, where there is one (Linux, macOS)."""
    try:
        return Path("/etc/localtime").readlink().as_posix().partition("zoneinfo/")[2]
    except OSError:
        return ""


def _write(settings: Path, start: Start) -> list[Path]:
    """Writes all files, or none; `newsletter.toml` last, so that it only stands complete."""
    import secrets

    from newsletter.config.starter import secrets_text, settings_text
    from newsletter.errors import UsageError

    folder = settings.parent
    made: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        made.append(_create(folder / ".env", secrets_text(secrets.token_urlsafe(32)), 0o600))
        made.append(_create(settings, settings_text(start), 0o644))
        return [settings, made[0], *_ignore(folder / ".gitignore")]
    except OSError as error:
        for file in made:
            file.unlink(missing_ok=True)
        raise UsageError(
            f"Nothing can be written to {folder}: {error.strerror or error}.",
            "Name a folder you may write to: `newsletter init DIR`.",
        ) from None


def _create(file: Path, text: str, mode: int) -> Path:
    """A new file that nobody else may read if `mode` says so, not even for a moment."""
    opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(opened, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except OSError:
        file.unlink()
        raise
    return file


def _ignore(file: Path) -> list[Path]:
    """Adds to `.gitignore` what is missing there; what somebody wrote in it stays."""
    from newsletter.config.starter import IGNORED

    before = file.read_text(encoding="utf-8") if file.exists() else ""
    missing = [line for line in IGNORED if line not in before.splitlines()]
    if not missing:
        return []
    gap = "\n" if before and not before.endswith("\n") else ""
    head = "# Secrets, people and mails of the newsletter\n"
    with file.open("a", encoding="utf-8", newline="\n") as stream:
        stream.write(gap + head + "".join(f"{line}\n" for line in missing))
    return [file]


def _ending(settings: Path, files: list[str]) -> str:
    call = (
        "newsletter" if settings == Path("newsletter.toml") else f'newsletter --config "{settings}"'
    )
    return f"""\
Written: {", ".join(files)}
Look through {settings}; your postal address is still missing there.

Next, see what your newsletter would look like:
  {call} collect
  {call} preview --sample --open"""
