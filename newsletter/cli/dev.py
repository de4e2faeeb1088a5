"""`newsletter dev`: stand-ins for what is outside, for tests and for trying things out."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.output import say

if TYPE_CHECKING:
    from newsletter.standin.book import Seen
    from newsletter.standin.server import StandIn


@click.group("dev")
def command() -> None:
    """Stand-ins for trying things out; nothing is mailed."""


@command.command("sendgrid")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8025, show_default=True,
    help="Where it answers on 127.0.0.1; 0 takes any free port.",
)  # fmt: skip
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("sendgrid-stand-in"),
    show_default=True, help="Where it keeps its records; an earlier run is continued.",
)  # fmt: skip
@click.option(
    "--latency", type=click.FloatRange(min=0), default=0, metavar="MS",
    help="How many milliseconds each answer takes.",
)  # fmt: skip
@click.option(
    "--fault", "faults", multiple=True, metavar="NAME=RATE",
    help="Let a share of the requests go wrong, such as close-after=0.05. May be repeated.",
)  # fmt: skip
@click.option("--seed", type=int, default=0, help="Another number, another course of chance.")
@click.option("--key", default=None, help="The API key that is right.  [default: SG.stand-in]")
@click.option("--events-to", metavar="URL", help="Post the reports there, on this computer.")
@click.option("--keep-bodies", is_flag=True, help="Keep the body of every request.")
@click.option("--fast", is_flag=True, help="Check next to nothing: for measuring speed.")
def sendgrid(
    port: int,
    folder: Path,
    latency: float,
    faults: tuple[str, ...],
    seed: int,
    key: str | None,
    events_to: str | None,
    keep_bodies: bool,
    fast: bool,
) -> int:
    """Answer like SendGrid on this computer, and mail nobody.

    It refuses what SendGrid's documentation says is refused, keeps a record of all it accepted, and
    lets go wrong what you ask for. Ctrl-C ends it with a summary.
    """
    from newsletter.standin.reports import check_receiver
    from newsletter.standin.rules import KEY, Rules
    from newsletter.standin.server import serve
    from newsletter.wiring import stand_in_clock

    rules = Rules(
        key=key or KEY, latency=latency / 1000, faults=_rates(faults), seed=seed,
        keep_bodies=keep_bodies, fast=fast,
    )  # fmt: skip
    if events_to:
        check_receiver(events_to)
    with serve(folder, rules, stand_in_clock(), port=port, tell=_tell) as stand_in:
        _post_events_to(stand_in, events_to)
        try:
            click.echo(_introduction(stand_in))
            threading.Event().wait()
        except KeyboardInterrupt:
            click.echo(f"\n{_summary(stand_in)}")
    return 0


def _rates(faults: tuple[str, ...]) -> dict[str, float]:
    """Raises UsageError for what is not NAME=RATE."""
    from newsletter.errors import UsageError

    rates = {}
    for given in faults:
        name, _, rate = given.partition("=")
        try:
            rates[name] = float(rate)
        except ValueError:
            raise UsageError(
                f"A fault is given with its rate, which {given!r} is not.",
                "Write, for example, --fault 429=0.1 --fault close-after=0.05.",
            ) from None
    return rates


def _post_events_to(stand_in: StandIn, url: str | None) -> None:
    if url:
        stand_in.service.set_webhook({"url": url, "enabled": True})


def _introduction(stand_in: StandIn) -> str:
    """How to make the newsletter use it; a key of one's own is not printed."""
    from newsletter.standin.rules import KEY

    rules = stand_in.service.rules
    key = rules.key if rules.key == KEY else "(the one you gave)"
    return (
        f"A stand-in for SendGrid answers at {stand_in.url}; nothing is mailed.\n\n"
        "In newsletter.toml:\n\n"
        '    [delivery]\n    transport = "sendgrid"\n'
        f'    [delivery.sendgrid]\n    base_url = "{stand_in.url}"\n\n'
        f"In the environment:\n\n    SENDGRID_API_KEY={key}\n"
        f"    SENDGRID_WEBHOOK_PUBLIC_KEY={stand_in.service.public_key}\n\n"
        "Ctrl-C ends it."
    )


def _tell(seen: Seen) -> None:
    """One line for one request."""
    answer = str(seen.status) if seen.status else "no answer"
    people = f"  {seen.recipients} recipients" if seen.recipients else ""
    fault = f"  [{seen.fault}]" if seen.fault else ""
    say(f"{seen.number:>6}  {seen.method:<6} {seen.path}  {answer}{people}{fault}")


def _summary(stand_in: StandIn) -> str:
    counted = stand_in.service.summary()
    requests, accepted = counted.pop("requests"), counted.pop("accepted")
    fates = ", ".join(f"{people} {fate}" for fate, people in sorted(counted.items()))
    return f"{requests} requests, {accepted} recipients accepted{f': {fates}' if fates else ''}."
