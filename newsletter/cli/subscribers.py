"""`newsletter subscribers`: who gets the newsletter."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from newsletter.cli import subscribers_text as text
from newsletter.cli.app import App, pass_app
from newsletter.cli.moving import STATUS, export, import_, known_topic, wished
from newsletter.cli.output import emit, interactive, json_option

if TYPE_CHECKING:
    from subscribers.model import Subscriber


@click.group(name="subscribers", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Who gets the newsletter: look them up, take them in, let them go.

    Example: newsletter subscribers import readers.csv --dry-run
    """


command.add_command(import_)
command.add_command(export)


@command.command()
@click.argument("email")
@click.option("--name", help="The person's name.")
@click.option("--topic", "topics", multiple=True, help="A topic's key; can be given again.")
@click.option("--source", default="command line", help="How the person agreed, as evidence.")
@json_option
@pass_app
def add(app: App, email: str, name: str | None, topics: tuple[str, ...], source: str) -> None:
    """Add one person who has agreed to get the newsletter.

    Who left, was suppressed or erased is not brought back. Without --topic the person gets
    everything.

    Example: newsletter subscribers add anna@example.org --source "asked by phone, 3 May"
    """
    from subscribers import membership

    chosen = [known_topic(app, topic) for topic in topics] or None
    wiring = app.wiring()
    with wiring.begin() as conn:
        added = membership.add(
            conn,
            email,
            now=wiring.now(),
            name=name,
            topics=chosen,
            source=source,
            secrets=wiring.secret_keys(),
        )
    data = {"outcome": added.outcome, "subscriber": _plain(added.subscriber)}
    emit(app, data, f"{added.subscriber.address}: {added.outcome}.")


@command.command(name="list")
@click.option("--status", type=STATUS, help="Only people of this status.")
@click.option("--topic", help="Only who has chosen this topic by name.")
@click.option("--search", default="", help="Only whose address or name holds this text.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=50,
    show_default=True,
    help="How many people to show at most.",
)
@click.option(
    "--after",
    type=click.IntRange(0, 2**31 - 1),
    default=0,
    help="Go on after the person of this number.",
)
@json_option
@pass_app
def list_(
    app: App, status: str | None, topic: str | None, search: str, limit: int, after: int
) -> None:
    """List people, in the order in which they joined.

    Example: newsletter subscribers list --status unsubscribed --search example.org
    """
    from subscribers.store import people

    wanted = wished(app, status, topic, search)
    with app.wiring().read() as conn:
        found = people.page(conn, wanted, after=after, limit=limit + 1)
        total = people.count(conn, wanted)
    found, more = found[:limit], len(found) > limit
    emit(app, [_plain(each) for each in found], text.listed(found, total, more=more))


@command.command()
@click.argument("email")
@json_option
@pass_app
def show(app: App, email: str) -> None:
    """Show all that is held about one address.

    Example: newsletter subscribers show anna@example.org
    """
    from subscribers import membership

    wiring = app.wiring()
    with wiring.read() as conn:
        dossier = membership.show(conn, email, secrets=wiring.secret_keys())
    subscriber = dossier.subscriber
    data = {
        "subscriber": None if subscriber is None else _plain(subscriber),
        "consents": [asdict(each) for each in dossier.consents],
        "suppression": None if dossier.suppression is None else asdict(dossier.suppression),
        "requests": [_without_nonce(asdict(each)) for each in dossier.requests],
    }
    emit(app, data, text.shown(email, dossier))


@command.command()
@click.argument("email")
@click.option("--source", default="command line", help="How the person asked, as evidence.")
@json_option
@pass_app
def unsubscribe(app: App, email: str, source: str) -> None:
    """Take one person off the list. The address stays known, so that no import brings it back.

    Example: newsletter subscribers unsubscribe anna@example.org
    """
    from subscribers import membership

    wiring = app.wiring()
    with wiring.begin() as conn:
        changed = membership.unsubscribe(conn, email, now=wiring.now(), source=source)
    done = "is unsubscribed" if changed else "had unsubscribed before; nothing was changed"
    emit(app, {"address": email, "changed": changed}, f"{email} {done}.")


@command.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_app
def erase(app: App, email: str, *, yes: bool) -> None:
    """Delete all that is held about one person, for good.

    What stays is a code from which the address cannot be read, so that no import brings the person
    back. It is made with NEWSLETTER_SECRET_KEY: keep that key.

    Example: newsletter subscribers erase anna@example.org
    """
    from newsletter.errors import UsageError
    from subscribers import membership

    if not yes:
        if not interactive(app):
            raise UsageError(
                "Erasing cannot be undone, and nobody can be asked here.", "Add --yes."
            )
        click.confirm(f"Delete all that is held about {email}? It cannot be undone.", abort=True)
    wiring = app.wiring()
    with wiring.begin() as conn:
        changed = membership.erase(conn, email, now=wiring.now(), secrets=wiring.secret_keys())
    wiring.database().leave_no_trace()
    done = "is erased" if changed else "was erased before; nothing was changed"
    emit(app, {"changed": changed}, f"{email} {done}.")


def _plain(each: Subscriber) -> dict[str, Any]:
    """A subscriber without the token: whoever has that can unsubscribe the person."""
    data = asdict(each)
    del data["token"]
    return data


def _without_nonce(data: dict[str, Any]) -> dict[str, Any]:
    """A request without what its link is made of."""
    del data["nonce"]
    return data
